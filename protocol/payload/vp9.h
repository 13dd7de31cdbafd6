#pragma once

#include <memory>
#include <optional>
#include <string>

#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// VP9 by RFC 9628, not in flexible mode, one spatial layer. There is no PictureID: it would have to go on by
/// one from picture to picture, and segments are cut independently of each other. Superframes go whole, with
/// their index: that is what decoders take.
struct Vp9Format {
  std::optional<std::uint8_t> profile;  ///< 0 to 3, where the container says it

  /// RFC 9628 section 6: profile-id where known, else empty (then 0 is meant).
  std::string fmtp() const;
  /// `max_payload` in bytes, 32 at least.
  std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
