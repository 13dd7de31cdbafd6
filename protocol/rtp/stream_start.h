#pragma once

#include <cstdint>
#include <optional>

namespace lectern::rtp {

/// Where the sequence numbers and time stamps of RTP streams begin. Absent: at random, as RFC 3550
/// section 5.1 has it; given, so that a player is seen to take their wrap.
struct StreamStart {
  std::optional<std::uint16_t> sequence;
  std::optional<std::uint32_t> timestamp;

  bool operator==(const StreamStart&) const = default;
};

}  // namespace lectern::rtp
