#include "tests/support/tcp_relay.h"

#include <poll.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace lectern::test {
namespace {

constexpr int tick_ms = 20;

bool send_all(int fd, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const auto size = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return false;
    sent += static_cast<std::size_t>(size);
  }
  return true;
}

}  // namespace

TcpRelay::TcpRelay(std::uint16_t server_port, Change change)
    : server_port_(server_port),
      change_(std::move(change)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto address = Address::of("127.0.0.1", 0);
  if (::bind(listener_.fd(), address.raw(), address.size) != 0 || ::listen(listener_.fd(), 16) != 0)
    throw std::runtime_error("cannot listen on 127.0.0.1");
  port_ = local_port(listener_);
  thread_ = std::thread([this] { run(); });
}

TcpRelay::~TcpRelay() {
  stopping_ = true;
  thread_.join();
  for (auto& each : relaying_) each.join();
}

void TcpRelay::run() {
  while (!stopping_) {
    if (!wait_readable(listener_.fd(), Clock::now() + milliseconds(tick_ms))) continue;
    const int fd = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) relaying_.emplace_back([this, fd] { relay(Socket(fd)); });
  }
}

void TcpRelay::relay(Socket client) const {
  const Socket server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = Address::of("127.0.0.1", server_port_);
  if (::connect(server.fd(), address.raw(), address.size) != 0) return;
  const std::array ends{client.fd(), server.fd()};
  std::string bytes;
  while (!stopping_) {
    std::array<pollfd, 2> polled{{{ends[0], POLLIN, 0}, {ends[1], POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(), tick_ms) < 0) return;
    for (std::size_t from = 0; from < 2; ++from) {
      if (polled[from].revents == 0) continue;
      bytes.resize(64 * 1024);
      const auto size = ::recv(ends[from], bytes.data(), bytes.size(), 0);
      if (size <= 0) return;
      bytes.resize(static_cast<std::size_t>(size));
      if (!send_all(ends[1 - from], from == 0 ? change_(bytes) : bytes)) return;
    }
  }
}

}  // namespace lectern::test
