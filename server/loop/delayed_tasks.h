#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "server/loop/timer.h"

namespace lectern::server {

/// Tasks that run once on the loop, each after a time of its own. Those that have not run are dropped with
/// it.
class DelayedTasks {
 public:
  explicit DelayedTasks(EventLoop& loop) : timer_(loop, [this] { run_due(); }) {}

  /// Not before `delay` has passed, and some milliseconds later at most.
  void run_after(std::chrono::milliseconds delay, std::function<void()> task);

 private:
  void run_due();
  void start_timer(std::int64_t now_us);

  std::multimap<std::int64_t, std::function<void()>> tasks_;  // by when they are due, CLOCK_MONOTONIC in µs
  Timer timer_;
};

}  // namespace lectern::server
