#pragma once

#include <optional>
#include <vector>

#include "media/ffmpeg/handles.h"
#include "media/unit.h"

struct AVStream;

namespace lectern::media {

struct TrackSelection;

/// Makes units of the packets of a stream that comes in: fills in times that the demuxer leaves out. What
/// they say is kept, be it wrong: LiveTimes repairs that.
class PacketTimes {
 public:
  PacketTimes(const AVFormatContext& context, const TrackSelection& selection);
  /// nullopt for an empty packet, and for one of no served track. `now` takes the place of a first time that
  /// is missing.
  std::optional<Unit> unit_of(Packet packet, MediaTime now);

 private:
  struct Clock {
    std::int64_t base_num = 1, base_den = 1;  // the stream's time base
    std::int64_t rate = 1;                    // the RTP clock
    MediaTime frame = 0;                      // nominal duration of a unit
    bool reorders = false;
    std::optional<MediaTime> next_dts;
  };

  std::vector<Clock> clocks_;
  std::vector<int> track_of_stream_;
};

}  // namespace lectern::media
