#pragma once

#include <memory>

#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// Vorbis (RFC 5215) and Theora (draft-barbato-avt-rtp-theora), which share their payload header.
struct XiphFormat {
  std::uint32_t ident = 0;  ///< 24 bits: which configuration in the SDP decodes this

  /// One unit a packet; larger ones are fragmented. Aggregation is left out, so that a unit never waits for
  /// the next. The marker stays clear (RFC 5215 section 2.1).
  [[nodiscard]] std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
