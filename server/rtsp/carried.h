#pragma once

#include <cstdint>

#include "protocol/base/bytes.h"

namespace lectern::server {

/// A session whose media goes over interleaved channels of a connection (RFC 2326 section 10.12).
class Carried {
 public:
  virtual ~Carried() = default;
  /// What came on a channel of its own.
  virtual void received_frame(std::uint8_t channel, Bytes frame) = 0;
  /// The connection takes packets again.
  virtual void delivery_ready() = 0;
};

}  // namespace lectern::server
