#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "media/live/clock_pace.h"
#include "media/track.h"
#include "media/unit.h"

namespace lectern::media {

/// What was wrong with the times of a unit.
enum class TimeFault : std::uint8_t {
  none,
  jumped,     ///< forwards, or so far from the present that it cannot be
  went_back,  ///< of sound, or by more than pictures are reordered
  apart,      ///< shown and decoded at times that are no times, or too far from each other
  pace,       ///< its clock goes faster or slower than time does
};
inline constexpr std::size_t time_faults = 5;

/// Brings the times of a source onto the line of its Live, on which time goes on while the source is away:
/// every run of the source begins at the present. Times that jump or go back are repaired and counted; a
/// track never goes back.
class LiveTimes {
 public:
  /// For a source that begins (again) with `tracks`. Those of before must go on with them, or be none.
  void begin(const std::vector<Track>& tracks);
  /// All is forgotten: viewers begin anew.
  void reset() { clocks_.clear(); }
  /// Moves the times of `unit`, which arrives at `now`; tells what was repaired.
  TimeFault place(Unit& unit, MediaTime now);
  /// The clock of the track goes at another pace than time does: what is derived from it is no use.
  [[nodiscard]] bool is_stretched(std::size_t track) const;
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
    ClockPace pace;
    double factor = 1;           // its times are stretched by that,
    MediaTime stretched_at = 0;  // from there on
    MediaTime stretched_to = 0;
  };

  static void remember(Clock& clock, const Unit& unit);
  static TimeFault stretch(Clock& clock, Unit& unit, MediaTime now);
  static MediaTime stretched(const Clock& clock, MediaTime time);
  /// The offset for a jump of a clock: that of another track which jumped by about as much, so that picture
  /// and sound stay together.
  [[nodiscard]] MediaTime offset_near(MediaTime wanted, const Clock& clock) const;

  std::vector<Clock> clocks_;
  std::optional<MediaTime> run_offset_;
  std::uint64_t repaired_ = 0;
};

}  // namespace lectern::media
