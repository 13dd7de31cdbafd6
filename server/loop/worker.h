#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>

#include "server/loop/event_loop.h"

namespace lectern::server {

/// A thread with a loop of its own.
class Worker {
 public:
  /// `name` as debuggers show it; 15 characters are kept.
  explicit Worker(std::string name);
  /// Stops, where stop() was not called.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Once. Signals stay with the threads that were there before.
  void start();
  /// Runs `last` on the loop, where everything that lives there is destroyed; then the loop is closed and the
  /// thread joined. Not from the loop itself. A second call does nothing.
  void stop(std::function<void()> last = {});

  /// Started, and not stopped yet.
  [[nodiscard]] bool running() const { return thread_.joinable(); }
  EventLoop& loop() { return loop_; }

  /// Sessions, or whatever its user counts; from any thread.
  [[nodiscard]] int load() const { return load_.load(std::memory_order_relaxed); }
  void add_load(int change) { load_.fetch_add(change, std::memory_order_relaxed); }

 private:
  std::string name_;
  EventLoop loop_;
  std::atomic<int> load_ = 0;
  std::thread thread_;
};

/// The first of those with the least load; `workers` is not empty.
Worker& least_busy(std::span<const std::unique_ptr<Worker>> workers);

}  // namespace lectern::server
