#include "server/rtsp/bandwidth.h"

#include <fmt/format.h>

#include <algorithm>

namespace lectern::server {
namespace {

std::string in_megabits(std::uint64_t bits) {
  return fmt::format("{:.3g} Mbit/s", static_cast<double>(bits) / 1e6);
}

}  // namespace

Status Bandwidth::admit(std::uint64_t taken, std::uint64_t held, std::uint64_t wanted) const {
  const std::uint64_t most = most_, most_per_session = most_per_session_;
  if (most_per_session > 0 && wanted > most_per_session)
    return Error{Errc::too_large, fmt::format("it takes {}, and one viewer has {} at most",
                                              in_megabits(wanted), in_megabits(most_per_session))};
  const std::uint64_t others = taken - held;
  if (most > 0 && (others > most || wanted > most - others))
    return Error{Errc::too_large, fmt::format("it takes {}, and {} of {} are taken by other viewers",
                                              in_megabits(wanted), in_megabits(others), in_megabits(most))};
  return {};
}

Status Bandwidth::exchange(std::uint64_t held, std::uint64_t wanted) {
  std::uint64_t taken = taken_;
  do {
    // Who takes less than before is never refused.
    if (wanted <= held) continue;
    if (auto status = admit(taken, held, wanted); !status) return status;
  } while (!taken_.compare_exchange_weak(taken, taken - held + wanted));
  return {};
}

Status Bandwidth::check(std::uint64_t wanted) const {
  return admit(taken_, 0, wanted);
}

Status BandwidthShare::take(std::uint64_t wanted) {
  auto status = bandwidth_.exchange(held_, wanted);
  if (status) held_ = wanted;
  return status;
}

void BandwidthShare::keep(std::uint64_t rest) {
  rest = std::min(rest, held_);
  // Less than before is always there to be taken.
  if (bandwidth_.exchange(held_, rest)) held_ = rest;
}

}  // namespace lectern::server
