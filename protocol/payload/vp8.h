#pragma once

#include <memory>
#include <string>

#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// VP8 by RFC 7741, with the payload descriptor of one byte. There is no PictureID: it would have to go on
/// by one from frame to frame, and segments are cut independently of each other; RTP sequence numbers tell
/// loss as well.
struct Vp8Format {
  std::string fmtp() const { return {}; }
  /// `max_payload` in bytes, 16 at least.
  std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
