#pragma once

#include <cstdint>
#include <vector>

#include "server/loop/file_descriptor.h"

namespace lectern::bench {

/// A process of its own that reads UDP sockets as lectern-load does, so that the floor's sender has the same
/// receivers to wake.
class Drain {
 public:
  /// Opens the sockets and starts the process. Throws std::runtime_error.
  explicit Drain(std::size_t sockets);
  /// Ends the process.
  ~Drain();
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  /// On 127.0.0.1.
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const { return ports_; }

 private:
  std::vector<std::uint16_t> ports_;
  int child_ = -1;
};

}  // namespace lectern::bench
