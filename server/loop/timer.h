#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace lectern::server {

class EventLoop;

/// A timer of libuv, for timeouts: millisecond steps, cheap to start again, no descriptor. The callback may
/// start it again or destroy it. PreciseTimer is for pacing.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> fired);

  /// Counted from now; replaces an earlier start.
  void start_after(std::chrono::milliseconds delay);
  /// First after one `period`, then every `period` (1 ms at least).
  void start_every(std::chrono::milliseconds period);
  void stop();
  [[nodiscard]] bool active() const;

 private:
  void start(std::chrono::milliseconds delay, std::chrono::milliseconds period);
  struct State;
  struct Closer {
    void operator()(State* state) const;
  };
  std::unique_ptr<State, Closer> state_;
};

}  // namespace lectern::server
