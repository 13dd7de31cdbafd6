#include "server/net/multicast_socket.h"

#include <net/if.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>

namespace lectern::server {
namespace {

Error failure(const Endpoint& group, const MulticastScope& scope, int error) {
  std::string text = "cannot send to " + group.to_string();
  if (!scope.interface.empty()) text += " over " + scope.interface;
  text += std::string(": ") + std::strerror(error);
  if (scope.interface.empty() && (error == ENODEV || error == ENETUNREACH))
    text += " (no route leads there: name an interface with multicast.interface)";
  return {Errc::io, std::move(text)};
}

/// 0: as the routes say. Errc::io where there is none of that name.
Result<unsigned> index_of(const Endpoint& group, const MulticastScope& scope) {
  if (scope.interface.empty()) return 0u;
  const unsigned index = ::if_nametoindex(scope.interface.c_str());
  if (index == 0) return failure(group, scope, errno);
  return index;
}

template <typename Value>
bool set(int fd, int level, int name, Value value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

bool set_up(int fd, Endpoint::Family family, int ttl, unsigned index) {
  if (family == Endpoint::Family::v6)
    return set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl) && set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1) &&
           set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0) &&
           (index == 0 || set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, index));
  ip_mreqn interface {};
  interface.imr_ifindex = static_cast<int>(index);
  // Without ALL = 0 a socket hears every group that some program of the host has joined (ip(7)).
  return set(fd, IPPROTO_IP, IP_MULTICAST_TTL, ttl) && set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 1) &&
         set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) &&
         (index == 0 || set(fd, IPPROTO_IP, IP_MULTICAST_IF, interface));
}

}  // namespace

Result<FileDescriptor> bind_multicast(const Endpoint& group, const MulticastScope& scope,
                                      UdpBuffers buffers) {
  const auto index = index_of(group, scope);
  if (!index) return index.error();
  const bool v6 = group.family() == Endpoint::Family::v6;
  FileDescriptor fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  const auto size = group.to_sockaddr(address, group.family());
  if (!fd || !set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1) ||
      !set_up(fd.get(), group.family(), scope.ttl, *index) ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
    return failure(group, scope, errno);
  if (buffers.receive > 0) set(fd.get(), SOL_SOCKET, SO_RCVBUF, buffers.receive);
  if (buffers.send > 0) set(fd.get(), SOL_SOCKET, SO_SNDBUF, buffers.send);
  return fd;
}

Status join_multicast(int fd, const Endpoint& group, const MulticastScope& scope) {
  const auto index = index_of(group, scope);
  if (!index) return index.error();
  group_req request{};
  request.gr_interface = *index;
  group.to_sockaddr(request.gr_group, group.family());
  const int level = group.family() == Endpoint::Family::v6 ? IPPROTO_IPV6 : IPPROTO_IP;
  if (!set(fd, level, MCAST_JOIN_GROUP, request)) return failure(group, scope, errno);
  return {};
}

}  // namespace lectern::server
