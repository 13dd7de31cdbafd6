#pragma once

#include <cstdint>

#include "server/net/port_range.h"
#include "server/net/udp_socket.h"

namespace lectern::server {

/// An even port for RTP and the next, odd one for RTCP (RFC 3550 section 11).
struct UdpPortPair {
  FileDescriptor rtp;
  FileDescriptor rtcp;
  std::uint16_t rtp_port = 0;
};

/// Binds a free pair of `range` on `host` (its port is not looked at), beginning at a random one so that
/// ports are not guessed. Errc::invalid where no pair fits the range, Errc::io where none is free or `host`
/// is not ours.
Result<UdpPortPair> bind_port_pair(const Endpoint& host, PortRange range = {}, UdpBuffers buffers = {});

}  // namespace lectern::server
