#include "media/live/clock_pace.h"

#include <algorithm>

namespace lectern::media {
namespace {

constexpr MediaTime window = 3'000'000;
constexpr unsigned decisive = 3;  // windows
/// Within these bounds a clock is right, and the network is not.
constexpr double slowest = 0.6, fastest = 1.7;
constexpr double agreement = 0.15;
/// What no clock does.
constexpr double least = 1e-4, most = 1e4;
/// Farther from one unit to the next it is a jump, and measured anew.
constexpr MediaTime forwards = 10'000'000, backwards = 500'000;

bool is_right(double pace) {
  return pace > slowest && pace < fastest;
}

}  // namespace

void ClockPace::begin(MediaTime media, MediaTime now) {
  begun_ = now;
  media_ = last_ = media;
}

void ClockPace::observe(MediaTime media, MediaTime now) {
  const bool jumped = begun_ && (media > last_ + forwards || media < last_ - backwards);
  if (!begun_ || jumped || now - *begun_ > 4 * window) return begin(media, now);
  last_ = media;
  if (now - *begun_ < window) return;
  judge(static_cast<double>(media - media_) / static_cast<double>(now - *begun_));
  begin(media, now);
}

void ClockPace::judge(double pace) {
  const bool alike = (is_right(pace) && is_right(last_pace_)) ||
                     (pace > last_pace_ * (1 - agreement) && pace < last_pace_ * (1 + agreement));
  alike_ = alike ? alike_ + 1 : 1;
  last_pace_ = pace;
  if (alike_ < decisive) return;
  if (is_right(pace))
    factor_ = 1;
  else if (pace > least && pace < most && !is_right(pace * factor_))
    factor_ = 1 / pace;
}

}  // namespace lectern::media
