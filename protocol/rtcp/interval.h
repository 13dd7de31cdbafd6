#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace lectern::rtcp {

inline constexpr std::chrono::microseconds min_interval{5'000'000};

/// What the time between two reports depends on (RFC 3550 section 6.3 and appendix A.7).
struct IntervalState {
  std::uint32_t members = 1;
  std::uint32_t senders = 0;
  double bandwidth = 0;     ///< of RTCP, octets a second; 0 where unknown
  double average_size = 0;  ///< of compound packets, in octets with UDP and IP headers
  bool we_sent = false;
  bool initial = false;  ///< no RTCP was sent yet: the minimum is halved
};

/// Five percent of the session bandwidth (section 6.2), in octets a second.
constexpr double rtcp_bandwidth(std::uint64_t session_bits_per_second) {
  return static_cast<double>(session_bits_per_second) * 0.05 / 8;
}

/// The running average of section 6.3.3, `size` counting 1/16.
constexpr double updated_average_size(double average, std::size_t size) {
  return average + (static_cast<double>(size) - average) / 16;
}

/// Td of section 6.3.1, before it is randomized.
std::chrono::microseconds deterministic_interval(const IntervalState& state);
/// T of section 6.3.1: Td times 0.5 to 1.5, over e - 3/2. `random` is in [0, 1).
std::chrono::microseconds transmission_interval(const IntervalState& state, double random);

}  // namespace lectern::rtcp
