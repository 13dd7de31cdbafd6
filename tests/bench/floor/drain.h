#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/loop/file_descriptor.h"

namespace lectern::bench {

/// A process of its own that reads sockets as lectern-load does, so that the floor's sender has the same
/// receivers to wake.
class Drain {
 public:
  /// A socket for each; `whole_trains`: see DatagramInput. Throw std::runtime_error.
  static std::unique_ptr<Drain> of_datagrams(std::size_t streams, bool whole_trains);
  static std::unique_ptr<Drain> of_connections(std::size_t viewers);
  /// Ends the process.
  ~Drain();
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  /// Of datagrams, on 127.0.0.1.
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const { return ports_; }
  /// The other ends.
  [[nodiscard]] std::vector<server::FileDescriptor> take_connections() { return std::move(connections_); }

 private:
  Drain() = default;

  std::vector<std::uint16_t> ports_;
  std::vector<server::FileDescriptor> connections_;
  int child_ = -1;
};

}  // namespace lectern::bench
