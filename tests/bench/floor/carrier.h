#pragma once

#include <netinet/in.h>

#include <memory>
#include <vector>

#include "protocol/base/bytes.h"
#include "server/loop/file_descriptor.h"

namespace lectern::bench {

/// What the packets of a stream leave by.
class Carrier {
 public:
  virtual ~Carrier() = default;
  /// The packets of `stream`, one behind the other: of `size` bytes each, the last maybe of fewer. One system
  /// call; false where it fails.
  virtual bool send(std::size_t stream, Bytes packets, std::size_t size) = 0;
};

/// One socket for all, and UDP_SEGMENT. `ports` of 127.0.0.1, one a stream.
class DatagramCarrier final : public Carrier {
 public:
  explicit DatagramCarrier(const std::vector<std::uint16_t>& ports);
  bool send(std::size_t stream, Bytes packets, std::size_t size) override;

 private:
  server::FileDescriptor socket_;
  std::vector<sockaddr_in> addresses_;
};

/// A connection for each viewer, its streams interleaved (RFC 2326 section 10.12).
class InterleavedCarrier final : public Carrier {
 public:
  /// `connections` take `streams` of them each, in order.
  InterleavedCarrier(std::vector<server::FileDescriptor> connections, std::size_t streams);
  bool send(std::size_t stream, Bytes packets, std::size_t size) override;

 private:
  const std::vector<server::FileDescriptor> connections_;
  const std::size_t streams_;
};

}  // namespace lectern::bench
