#pragma once

#include <cstdint>

namespace lectern::rtcp {

inline constexpr std::int32_t max_cumulative_lost = 0x7fffff;
inline constexpr std::int32_t min_cumulative_lost = -0x800000;

/// What a receiver says of one source (RFC 3550 section 6.4.1).
struct ReportBlock {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;    ///< of the last interval, in 1/256
  std::int32_t cumulative_lost = 0;  ///< 24 bits on the wire; negative where duplicates outnumber losses
  std::uint32_t extended_highest_sequence = 0;
  std::uint32_t jitter = 0;               ///< in ticks of the RTP clock
  std::uint32_t last_sr = 0;              ///< middle 32 bits of the NTP time of the last SR; 0 for none
  std::uint32_t delay_since_last_sr = 0;  ///< in 1/65536 s

  bool operator==(const ReportBlock&) const = default;
};

}  // namespace lectern::rtcp
