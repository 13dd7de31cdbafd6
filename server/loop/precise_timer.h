#pragma once

#include <cstdint>
#include <functional>

#include "server/loop/poll.h"

namespace lectern::server {

/// A one-shot timer with µs steps (timerfd), on the clock of EventLoop::now_us(). The callback may start it
/// again or destroy it.
class PreciseTimer {
 public:
  /// Throws std::runtime_error where the operating system gives no descriptor.
  PreciseTimer(EventLoop& loop, std::function<void()> fired);
  PreciseTimer(const PreciseTimer&) = delete;
  PreciseTimer& operator=(const PreciseTimer&) = delete;

  /// At `time_us`, in the next turn where that has passed; replaces an earlier start.
  void start_at(std::int64_t time_us);
  void start_after(std::int64_t delay_us);
  void stop();
  [[nodiscard]] bool active() const { return active_; }

 private:
  void on_ready();
  void arm(std::int64_t time_us) const;

  std::function<void()> fired_;
  bool active_ = false;
  Poll poll_;
};

}  // namespace lectern::server
