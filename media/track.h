#pragma once

#include <string>
#include <vector>

#include "media/demuxer.h"
#include "media/ffmpeg/track_format.h"

namespace lectern::media {

/// A stream of a file that is served.
struct Track {
  int stream = 0;       ///< index of the AVStream
  int codec = 0;        ///< its AVCodecID
  std::string control;  ///< "track1", "track2" …: the last segment of its URL
  std::uint8_t payload_type = 96;
  TrackFormat format;
  std::string language;            ///< a tag of RFC 5646; empty where unknown or "und"
  std::uint64_t bit_rate = 0;      ///< bits a second; 0 where unknown
  double frame_rate = 0;           ///< frames a second of video; 0 where unknown
  unsigned width = 0, height = 0;  ///< pixels of video; 0 where unknown

  [[nodiscard]] bool video() const { return format.media == "video"; }
};

/// A stream that is left out, and why.
struct LeftOut {
  int stream = 0;
  std::string codec;
  std::string reason;
};

struct TrackSelection {
  std::vector<Track> tracks;
  std::vector<LeftOut> left_out;
  std::size_t anchor =
      0;  ///< the track whose random access points cut the file: the first video, else the first
};

/// Chooses what of a file can be served, without what `refused` names already. Streams that are left out are
/// discarded in the demuxer. Errc::unsupported where nothing is left.
Result<TrackSelection> select_tracks(Demuxer& demuxer, std::size_t max_payload,
                                     const std::vector<LeftOut>& refused = {});

/// The same of whatever libavformat has opened, or a context that holds encoded streams; `name` is for the
/// error.
Result<TrackSelection> select_tracks(AVFormatContext& context, const std::string& name,
                                     std::size_t max_payload, const std::vector<LeftOut>& refused = {});

/// Discards in a demuxer that was opened later what `selection` leaves out. Errc::io where the file was
/// replaced in place meanwhile, and has not these tracks any more.
Status apply_selection(Demuxer& demuxer, const TrackSelection& selection);

}  // namespace lectern::media
