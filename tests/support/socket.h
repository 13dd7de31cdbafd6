#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace lectern::test {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Owns a descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket();

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

/// A numeric IPv4 or IPv6 address and a port.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  static Address of(const std::string& host, std::uint16_t port);
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  std::uint16_t port() const;
};

/// The port a bound socket got.
std::uint16_t local_port(const Socket& socket);
/// False when nothing could be read before `deadline`.
bool wait_readable(int fd, Clock::time_point deadline);

}  // namespace lectern::test
