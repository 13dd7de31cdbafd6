#pragma once

#include <memory>

#include "protocol/payload/packetizer.h"

namespace lectern::payload {

/// JPEG by RFC 2435, payload type 26: the quantization tables go with each picture (Q = 255). A picture that
/// the format has no room for ends in Errc::unsupported with the reason, see read_jpeg_frame().
struct MjpegFormat {
  /// `max_payload` in bytes, 320 at least.
  std::unique_ptr<Packetizer> make_packetizer(std::size_t max_payload) const;
};

}  // namespace lectern::payload
