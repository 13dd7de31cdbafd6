#pragma once

#include <memory>
#include <string>

#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// AMR and AMR-WB (RFC 4867) in octet-aligned mode, one channel.
struct AmrFormat {
  enum class Band { narrow, wide };
  Band band = Band::narrow;

  /// "AMR" or "AMR-WB".
  [[nodiscard]] std::string encoding() const { return band == Band::narrow ? "AMR" : "AMR-WB"; }
  [[nodiscard]] std::uint32_t clock_rate() const { return band == Band::narrow ? 8000 : 16000; }
  [[nodiscard]] std::string fmtp() const { return "octet-align=1"; }
  /// Units hold one or more frames in storage format (section 5.3), and become one packet where they fit.
  /// The marker stays clear: no talkspurts. Errc::invalid for reserved frame types and half frames.
  [[nodiscard]] std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
