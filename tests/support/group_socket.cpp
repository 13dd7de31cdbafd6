#include "tests/support/group_socket.h"

#include <net/if.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace lectern::test {
namespace {

template <typename Value>
void set(int fd, int level, int name, Value value) {
  if (::setsockopt(fd, level, name, &value, sizeof value) != 0)
    throw std::runtime_error(std::string("multicast on lo: ") + std::strerror(errno));
}

}  // namespace

GroupSocket::GroupSocket(const std::string& group, std::uint16_t port)
    : address_(Address::of(group, port)),
      socket_(::socket(address_.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      sender_(::socket(address_.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  const unsigned lo = ::if_nametoindex("lo");
  const bool v6 = address_.storage.ss_family == AF_INET6;
  const auto here = Address::of(v6 ? "::1" : "127.0.0.1", 0);
  set(socket_.fd(), SOL_SOCKET, SO_REUSEADDR, 1);
  set(socket_.fd(), SOL_SOCKET, SO_RCVBUF, 4 << 20);
  if (::bind(socket_.fd(), address_.raw(), address_.size) != 0 ||
      ::bind(sender_.fd(), here.raw(), here.size) != 0)
    throw std::runtime_error("bind " + group + ": " + std::strerror(errno));
  group_req request{};
  request.gr_interface = lo;
  request.gr_group = address_.storage;
  set(socket_.fd(), v6 ? IPPROTO_IPV6 : IPPROTO_IP, MCAST_JOIN_GROUP, request);
  ip_mreqn interface {};
  interface.imr_ifindex = static_cast<int>(lo);
  if (v6)
    set(sender_.fd(), IPPROTO_IPV6, IPV6_MULTICAST_IF, lo);
  else
    set(sender_.fd(), IPPROTO_IP, IP_MULTICAST_IF, interface);
}

std::optional<std::string> GroupSocket::receive(milliseconds timeout) const {
  if (!wait_readable(socket_.fd(), Clock::now() + timeout)) return std::nullopt;
  std::string bytes(65536, '\0');
  const auto got = ::recv(socket_.fd(), bytes.data(), bytes.size(), 0);
  if (got < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

void GroupSocket::send(std::string_view bytes) const {
  ::sendto(sender_.fd(), bytes.data(), bytes.size(), 0, address_.raw(), address_.size);
}

GroupRange::GroupRange() {
  // Process ids are far from each other where several run at once.
  const auto number = static_cast<unsigned>(::getpid());
  first_three = "239." + std::to_string(64 + number / 256 % 128) + "." + std::to_string(number % 256) + ".";
}

}  // namespace lectern::test
