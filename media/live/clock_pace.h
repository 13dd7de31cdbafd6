#pragma once

#include <optional>

#include "media/unit.h"

namespace lectern::media {

/// Finds out whether the clock of a track goes as time does, and by how much its times are to be stretched
/// where it does not: cameras announce 90000 and count milliseconds. Decided over several seconds that agree,
/// so that neither a burst nor a stall of the network is taken for one.
class ClockPace {
 public:
  /// A unit with decoding time `media` arrives at `now`.
  void observe(MediaTime media, MediaTime now);
  /// What times are to be multiplied by; 1 for a clock that is right.
  [[nodiscard]] double factor() const { return factor_; }
  /// For another run of the source.
  void reset() { *this = {}; }

 private:
  void begin(MediaTime media, MediaTime now);
  void judge(double pace);

  std::optional<MediaTime> begun_;  // of the window that is measured
  MediaTime media_ = 0, last_ = 0;
  double last_pace_ = 1;
  unsigned alike_ = 0;  // windows in a row with about last_pace_
  double factor_ = 1;
};

}  // namespace lectern::media
