#pragma once

#include <cstdint>
#include <span>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace lectern::rtp {

inline constexpr std::size_t header_size = 12;

/// The fixed header of RFC 3550 section 5.1, without contributing sources.
struct Header {
  bool marker = false;
  std::uint8_t payload_type = 0;  ///< 0 to 127
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;  ///< in ticks of the payload type's clock
  std::uint32_t ssrc = 0;

  bool operator==(const Header&) const = default;
};

/// Inline: it runs for each packet of each viewer.
inline void write_header(const Header& header, std::span<std::byte, header_size> to) {
  const auto put = [&to](std::size_t at, std::uint32_t value) { to[at] = static_cast<std::byte>(value); };
  put(0, 0x80);
  put(1, (header.marker ? 0x80u : 0u) | (header.payload_type & 0x7fu));
  put(2, header.sequence >> 8u);
  put(3, header.sequence);
  put(4, header.timestamp >> 24);
  put(5, header.timestamp >> 16);
  put(6, header.timestamp >> 8);
  put(7, header.timestamp);
  put(8, header.ssrc >> 24);
  put(9, header.ssrc >> 16);
  put(10, header.ssrc >> 8);
  put(11, header.ssrc);
}

/// A received packet; the spans point into the packet.
struct Packet {
  Header header;
  Bytes csrcs;  ///< contributing sources, four bytes each
  bool has_extension = false;
  std::uint16_t extension_profile = 0;  ///< "defined by profile"; 0xBEDE for RFC 8285
  Bytes extension;                      ///< without its four bytes of header
  Bytes payload;                        ///< without padding; may be empty
};

/// Errc::invalid where the version is not 2, or sources, extension or padding run past the end.
Result<Packet> parse_packet(Bytes packet);

}  // namespace lectern::rtp
