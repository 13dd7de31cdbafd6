#pragma once

#include <memory>

#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// G.711 (RFC 3551 section 4.5.14): one byte a sample.
struct G711Format {
  enum class Law { a, mu };
  Law law = Law::mu;
  unsigned rate = 8000;
  unsigned channels = 1;

  /// "PCMA" or "PCMU".
  [[nodiscard]] std::string encoding() const { return law == Law::a ? "PCMA" : "PCMU"; }
  /// Packets of 20 ms, the default interval of RFC 3551 section 4.2, or less where `max_payload` asks for it.
  [[nodiscard]] std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
