#pragma once

#include <string>

#include "server/net/udp_socket.h"

namespace lectern::server {

/// How far what is sent to a group goes.
struct MulticastScope {
  std::uint8_t ttl = 1;   ///< of IPv6: the hop limit
  std::string interface;  ///< by name; empty: as the system's routes say
};

/// A descriptor as bind_udp() makes it, bound to a port of a group and set up to send to it; other programs
/// of the host may bind it, too. It receives nothing before join_multicast(). Errc::io with the reason.
Result<FileDescriptor> bind_multicast(const Endpoint& group, const MulticastScope& scope,
                                      UdpBuffers buffers = {});
/// What comes to `group` is received. Errc::io with the reason.
Status join_multicast(int fd, const Endpoint& group, const MulticastScope& scope);

}  // namespace lectern::server
