#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"
#include "server/loop/file_descriptor.h"
#include "server/net/address.h"

namespace lectern::server {

class EventLoop;

struct UdpBuffers {
  int receive = 0;  ///< SO_RCVBUF in bytes; 0 leaves the system's default
  int send = 0;     ///< SO_SNDBUF in bytes
};

/// A non-blocking datagram descriptor bound to `local` (port 0: any). "::" takes IPv4 as well. Errc::io with
/// the address and the reason.
Result<FileDescriptor> bind_udp(const Endpoint& local, UdpBuffers buffers = {});
/// What the descriptor is bound to.
Endpoint local_endpoint(int fd);

/// Whether the kernel sends trains with UDP_SEGMENT (Linux 4.18): tried once, over loopback. From any thread.
bool udp_segmentation_supported();

struct UdpCounters {
  std::uint64_t datagrams = 0;
  std::uint64_t bytes = 0;
  std::uint64_t truncated = 0;
  std::uint64_t unreachable = 0;  ///< ICMP errors
};

/// Reads datagrams in batches (recvmmsg).
class UdpSocket {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    /// `datagram` is valid during the call. `truncated`: it was longer than max_datagram. May destroy the
    /// socket.
    virtual void received(const Endpoint& from, Bytes datagram, bool truncated) = 0;
    /// ICMP told that datagrams to `peer` do not arrive: ECONNREFUSED, EHOSTUNREACH … Never fatal.
    virtual void unreachable(const Endpoint& /*peer*/, int /*error*/) {}
  };

  /// `handler` outlives the socket. Reads from the next turn on. Throws std::runtime_error for a descriptor
  /// that cannot be watched.
  UdpSocket(EventLoop& loop, FileDescriptor fd, Handler& handler, std::size_t max_datagram = 2048);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  [[nodiscard]] int fd() const;
  [[nodiscard]] const Endpoint& local() const;
  [[nodiscard]] Endpoint::Family family() const;
  [[nodiscard]] const UdpCounters& counters() const;

  /// Calls `writable` once, when the descriptor takes datagrams again. An empty function forgets it.
  void wait_writable(std::function<void()> writable);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lectern::server
