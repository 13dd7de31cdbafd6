#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/result.h"
#include "protocol/sdp/description.h"

namespace lectern::sdp {

/// The value of a=rtpmap (RFC 4566 section 6): "96 MPEG4-GENERIC/48000/2".
struct Rtpmap {
  std::uint8_t payload_type = 0;
  std::string encoding;
  std::uint32_t clock_rate = 0;  ///< Hz, never 0
  unsigned channels = 0;         ///< 0 where none are named: one for audio

  bool operator==(const Rtpmap&) const = default;
};

/// Errc::invalid for a payload type over 127, an empty encoding, a missing or zero clock rate.
Result<Rtpmap> parse_rtpmap(std::string_view value);
/// The value alone, without "a=rtpmap:".
std::string serialize(const Rtpmap& rtpmap);

/// The static payload types of RFC 3551 tables 4 and 5; nothing for reserved and dynamic ones.
std::optional<Rtpmap> static_rtpmap(std::uint8_t payload_type);

/// What `payload_type` means in `media`: its a=rtpmap, and by RFC 3551 where it has none.
std::optional<Rtpmap> find_rtpmap(const Media& media, std::uint8_t payload_type);

}  // namespace lectern::sdp
