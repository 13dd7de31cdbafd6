#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "protocol/base/result.h"
#include "server/loop/file_descriptor.h"
#include "server/net/address.h"

namespace lectern::server {

class EventLoop;

struct ListenerCounters {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  ///< closed at once for want of descriptors
  std::uint64_t errors = 0;   ///< other failures of accept(2)
};

/// Accepts connections on one address.
class TcpListener {
 public:
  /// `connection` is non-blocking. May destroy the listener.
  using Accepted = std::function<void(FileDescriptor connection, const Endpoint& peer)>;

  /// Binds with SO_REUSEADDR. "::" takes IPv4 as well, and is 0.0.0.0 where the system has no IPv6. Errc::io
  /// with the address and the reason.
  static Result<std::unique_ptr<TcpListener>> listen(EventLoop& loop, const Endpoint& local,
                                                     Accepted accepted, int backlog = 511);
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  /// With the port that was chosen, where 0 was asked for.
  [[nodiscard]] const Endpoint& local() const;
  [[nodiscard]] const ListenerCounters& counters() const;

 private:
  struct State;
  struct Private {};

 public:
  /// For listen() alone.
  TcpListener(Private, std::shared_ptr<State> state);

 private:
  std::shared_ptr<State> state_;
};

}  // namespace lectern::server
