#pragma once

#include <optional>
#include <vector>

#include "media/track.h"
#include "media/unit.h"

namespace lectern::media {

/// Brings the times of a source onto the line of its Live, on which time goes on while the source is away:
/// every run of the source begins at the present. Times that jump or go back are repaired and counted; a
/// track never goes back.
class LiveTimes {
 public:
  /// For a source that begins (again) with `tracks`. Those of before must go on with them, or be none.
  void begin(const std::vector<Track>& tracks);
  /// All is forgotten: viewers begin anew.
  void reset() { clocks_.clear(); }
  /// Moves the times of `unit`, which arrives at `now`.
  void place(Unit& unit, MediaTime now);
  /// Where what comes now begins: behind everything that was placed.
  [[nodiscard]] MediaTime next(MediaTime now) const;
  /// Notes what was sent on a track without place(), with times of the line: the next run begins behind it.
  void note(const Unit& unit);
  /// Times that were not what the track's other units let expect.
  [[nodiscard]] std::uint64_t repaired() const { return repaired_; }

 private:
  struct Clock {
    std::uint32_t rate = 1;
    bool video = false;
    MediaTime offset = 0;
    std::optional<MediaTime> last_dts;
    MediaTime last_duration = 0;
    MediaTime newest_pts = 0;  // with last_dts
    bool fresh = true;         // no unit in this run yet
  };

  static void remember(Clock& clock, const Unit& unit);
  /// The offset for a jump of a clock: that of another track which jumped by about as much, so that picture
  /// and sound stay together.
  [[nodiscard]] MediaTime offset_near(MediaTime wanted, const Clock& clock) const;

  std::vector<Clock> clocks_;
  std::optional<MediaTime> run_offset_;
  std::uint64_t repaired_ = 0;
};

}  // namespace lectern::media
