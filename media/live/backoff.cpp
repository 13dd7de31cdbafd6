#include "media/live/backoff.h"

#include <algorithm>

namespace lectern::media {

Backoff::Duration Backoff::next() {
  step_ = step_ == Duration::zero() ? first_ : std::min(step_ * 2, longest_);
  const auto quarter = step_.count() / 4;
  return step_ + Duration(std::uniform_int_distribution<Duration::rep>(-quarter, quarter)(random_));
}

}  // namespace lectern::media
