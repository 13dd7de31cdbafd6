#pragma once

#include <memory>

#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// MPEG-1 and MPEG-2 audio, all layers (RFC 2250): MPA/90000, static payload type 14.
struct MpaFormat {
  static constexpr std::uint32_t clock_rate = 90000;
  static constexpr std::uint8_t payload_type = 14;

  /// One frame a packet behind the header of section 3.5 (MBZ, Frag_offset); larger frames are fragmented.
  /// The marker stays clear: no talkspurts.
  [[nodiscard]] std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
