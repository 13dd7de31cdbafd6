#pragma once

#include <optional>
#include <vector>

#include "media/time_jumps.h"
#include "media/track.h"
#include "media/unit.h"

namespace lectern::media {

/// Gives every packet times: fills in what the container leaves out, counts durations where it stores no
/// times at all, keeps dts from falling, and a damaged one from putting off all that follows. One object
/// follows one demuxer.
class Timestamps {
 public:
  Timestamps(const Demuxer& demuxer, const std::vector<Track>& tracks);

  /// The unit of a packet that was just read, in reading order; nullopt for an empty packet, and for one of
  /// no served track.
  std::optional<Unit> unit_of(Packet packet);
  /// After a seek: nothing is known of the tracks' last times. `counted` is the time that an untimed file is
  /// at now, as the dts of its packets has it.
  void restart(std::int64_t counted);
  /// Finds where times jump (for who reads the whole file), or takes over what was found.
  void find_jumps() { finding_ = true; }
  void set_jumps(std::shared_ptr<const TimeJumps> jumps) { jumps_ = std::move(jumps); }
  [[nodiscard]] const std::shared_ptr<const TimeJumps>& jumps() const { return jumps_; }
  /// A time of `track` as the demuxer counts it (in the stream's time base) as media time.
  [[nodiscard]] MediaTime media_time(std::size_t track, std::int64_t timestamp) const;

 private:
  struct Clock {
    int stream = 0;
    std::int64_t base_num = 1, base_den = 1;  // the stream's time base
    std::int64_t rate = 1;                    // the RTP clock
    std::int64_t reorder = 0;                 // frames of delay between decoding and showing
    MediaTime frame = 0;                      // nominal duration of a unit
    std::optional<MediaTime> last_dts;
    MediaTime last_duration = 0;
    MediaTime last_step = 0;   // between the last two dts: durations of damaged files are guesses
    std::int64_t counted = 0;  // untimed: the next unit's time in the stream's time base
    MediaTime offset = 0;      // of the last unit whose position is known
    // Where time first leapt forward alone, and how far the other tracks were then.
    std::optional<MediaTime> leapt_to, others_then;
    bool pauses = false;  // there was such a leap that was true
  };

  void place_by_count(Unit& unit, Clock& clock) const;
  void place_by_stamps(Unit& unit, Clock& clock) const;
  void apply_jumps(Unit& unit, Clock& clock);
  void keep_in_order(Unit& unit, Clock& clock) const;
  bool leaps_alone(const Unit& unit, Clock& clock) const;
  /// Another track is at `time`, beyond it, or leapt there.
  [[nodiscard]] bool reached(std::uint8_t track, MediaTime time) const;
  [[nodiscard]] std::optional<MediaTime> newest_of_others(std::uint8_t track) const;

  std::vector<Clock> clocks_;
  std::vector<int> track_of_stream_;
  MediaTime origin_ = 0;
  bool untimed_;
  bool trusted_;  // times of a sample table are exact, however long a pause
  bool finding_ = false;
  std::shared_ptr<const TimeJumps> jumps_;
};

}  // namespace lectern::media
