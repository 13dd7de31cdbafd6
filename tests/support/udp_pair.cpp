#include "tests/support/udp_pair.h"

#include <set>
#include <stdexcept>

namespace lectern::test {
namespace {

Socket bound(const std::string& host, std::uint16_t port) {
  const auto address = Address::of(host, port);
  Socket socket(::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (::bind(socket.fd(), address.raw(), address.size) != 0) return {};
  const int buffer = 4 << 20;
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  return socket;
}

}  // namespace

UdpPair::UdpPair(const std::string& host) : host_(host) {
  // A player that went without TEARDOWN still has its ports with the server: none gets them a second time.
  static std::set<std::uint16_t> used;
  for (int attempt = 0; attempt < 500; ++attempt) {
    rtp_ = bound(host, 0);
    if (!rtp_) break;
    port_ = local_port(rtp_);
    if (port_ % 2 != 0 || port_ == 65534 || used.contains(port_)) continue;
    rtcp_ = bound(host, static_cast<std::uint16_t>(port_ + 1));
    if (!rtcp_) continue;
    used.insert(port_);
    return;
  }
  throw std::runtime_error("no free pair of UDP ports on " + host);
}

std::optional<Datagram> UdpPair::receive(const Socket& socket, milliseconds timeout) {
  if (!wait_readable(socket.fd(), Clock::now() + timeout)) return std::nullopt;
  char bytes[65536];
  Datagram datagram;
  datagram.from.size = sizeof datagram.from.storage;
  const auto got = ::recvfrom(socket.fd(), bytes, sizeof bytes, 0,
                              reinterpret_cast<sockaddr*>(&datagram.from.storage), &datagram.from.size);
  if (got < 0) return std::nullopt;
  datagram.data.assign(bytes, static_cast<std::size_t>(got));
  return datagram;
}

void UdpPair::send(const Socket& socket, std::uint16_t port, std::string_view bytes) {
  const auto peer = Address::of(host_, port);
  ::sendto(socket.fd(), bytes.data(), bytes.size(), 0, peer.raw(), peer.size);
}

void UdpPair::drain() {
  while (rtp(milliseconds(0))) {
  }
  while (rtcp(milliseconds(0))) {
  }
}

}  // namespace lectern::test
