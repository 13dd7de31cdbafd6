#include "protocol/rtcp/interval.h"

#include <algorithm>

namespace lectern::rtcp {

namespace {
// Of the bandwidth: senders get theirs for themselves as long as they are few.
constexpr double sender_fraction = 0.25;
// e - 3/2: makes up for the reconsideration that draws the mean below what was intended.
constexpr double compensation = 2.71828182845904523536 - 1.5;
// A bandwidth of next to nothing must not silence a source for ever, nor overflow.
constexpr double longest_seconds = 3600;
}  // namespace

std::chrono::microseconds deterministic_interval(const IntervalState& state) {
  const double members = std::max<double>(1, state.members);
  const double senders = std::min<double>(state.senders, members);
  double bandwidth = state.bandwidth;
  double sharing = members;
  if (senders <= members * sender_fraction) {
    bandwidth *= state.we_sent ? sender_fraction : 1 - sender_fraction;
    sharing = state.we_sent ? senders : members - senders;
  }
  const auto least = state.initial ? min_interval / 2 : min_interval;
  if (!(bandwidth > 0) || !(state.average_size > 0)) return least;
  const double seconds = std::min(longest_seconds, state.average_size * sharing / bandwidth);
  return std::max(least, std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6)));
}

std::chrono::microseconds transmission_interval(const IntervalState& state, double random) {
  const auto interval = static_cast<double>(deterministic_interval(state).count());
  const double factor = (std::clamp(random, 0.0, 1.0) + 0.5) / compensation;
  return std::chrono::microseconds(static_cast<std::int64_t>(interval * factor));
}

}  // namespace lectern::rtcp
