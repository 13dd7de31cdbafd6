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
  if (most_per_session_ > 0 && wanted > most_per_session_)
    return Error{Errc::too_large, fmt::format("it takes {}, and one viewer has {} at most",
                                              in_megabits(wanted), in_megabits(most_per_session_))};
  const std::uint64_t others = taken - held;
  if (most_ > 0 && (others > most_ || wanted > most_ - others))
    return Error{Errc::too_large, fmt::format("it takes {}, and {} of {} are taken by other viewers",
                                              in_megabits(wanted), in_megabits(others), in_megabits(most_))};
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

std::uint64_t bit_rate(const media::Asset& asset, media::TrackMask tracks) {
  std::uint64_t known = 0, asked = 0, unknown = 0, asked_unknown = 0;
  for (std::size_t i = 0; i < asset.tracks().size(); ++i) {
    const std::uint64_t rate = asset.tracks()[i].bit_rate;
    const bool is_asked = (tracks & media::TrackMask{1} << i) != 0;
    known += rate;
    if (is_asked) asked += rate;
    if (rate > 0) continue;
    ++unknown;
    if (is_asked) ++asked_unknown;
  }
  if (asked_unknown == 0 || asset.duration() <= 0) return asked;
  const double of_file =
      static_cast<double>(asset.file().identity().size) * 8 * 1e6 / static_cast<double>(asset.duration());
  const double of_unknown = std::max(0.0, of_file - static_cast<double>(known));
  return asked + static_cast<std::uint64_t>(of_unknown * static_cast<double>(asked_unknown) /
                                            static_cast<double>(unknown));
}

}  // namespace lectern::server
