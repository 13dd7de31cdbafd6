#pragma once

#include <memory>
#include <string>

#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// Opus (RFC 7587). The rtpmap is always opus/48000/2, whatever was encoded.
struct OpusFormat {
  unsigned channels = 2;  ///< as encoded: 1 or 2

  /// "sprop-stereo=1" for two channels (RFC 7587 section 6.1), otherwise empty.
  [[nodiscard]] std::string fmtp() const { return channels == 2 ? "sprop-stereo=1" : ""; }
  /// One Opus packet a payload. They cannot be fragmented: Errc::too_large for those over `max_payload`.
  [[nodiscard]] std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
