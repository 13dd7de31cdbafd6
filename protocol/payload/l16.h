#pragma once

#include <memory>

#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// Uncompressed audio (RFC 3551 section 4.5.11): units are interleaved, signed, big-endian 16-bit samples.
struct L16Format {
  unsigned rate = 44100;
  unsigned channels = 2;

  /// As few packets as `max_payload` allows: 20 ms, as compressed audio has, would not fit into one.
  [[nodiscard]] std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
