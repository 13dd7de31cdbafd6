#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "server/loop/timer.h"

namespace lectern::server {

/// The allocator keeps what is freed for whoever asks next; what thousands of strangers took at once would
/// stay with the process for ever. This gives it back to the system soon after they have gone.
class HeapTrimmer {
 public:
  /// `changes`: a count that grows with whatever takes memory and frees it; asked on `loop`, which is to be
  /// one that serves nobody, as giving back may take milliseconds.
  HeapTrimmer(EventLoop& loop, std::function<std::uint64_t()> changes,
              std::chrono::milliseconds period = std::chrono::seconds(2));

 private:
  void look();

  std::function<std::uint64_t()> changes_;
  std::uint64_t trimmed_ = 0;  ///< changes() when it was given back last
  std::uint64_t seen_ = 0;     ///< at the last look
  Timer timer_;
};

}  // namespace lectern::server
