#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>

#include "server/loop/timer.h"

namespace lectern::server {

class EventLoop;

/// Spreads TLS handshakes over the turns of a loop. One computes for a good part of a millisecond: of a
/// thousand that come at once, those for which a turn has no time left wait, in their order, so that media
/// leave when they are due. Belongs to the thread of the loop; ends before it.
class TlsTurns {
 public:
  /// `most`: how long a turn of the loop may have taken for another handshake to begin in it.
  explicit TlsTurns(EventLoop& loop, std::chrono::microseconds most = std::chrono::milliseconds{4});

  /// Whether a handshake may go on now, as nobody waits and this turn has time left.
  [[nodiscard]] bool open() const;
  /// Runs `step` in one of the next turns. What does not end with the object, `step` keeps by weak pointers.
  void wait(std::function<void()> step);

 private:
  [[nodiscard]] bool time_left() const;
  void go_on();

  EventLoop& loop_;
  const std::chrono::microseconds most_;
  std::deque<std::function<void()>> waiting_;
  Timer next_;
  std::int64_t last_turn_us_ = 0;
};

}  // namespace lectern::server
