#pragma once

#include <cstdint>
#include <functional>
#include <memory>

struct uv_loop_s;

namespace lectern::server {

/// One libuv loop. All but post(), stop() and now_us() belong to the thread that runs it. Whatever lives on
/// the loop (timers, sockets) is destroyed before close().
class EventLoop {
 public:
  /// Throws std::runtime_error where the operating system refuses (a loop is made before loops run).
  EventLoop();
  /// Closes, where close() was not called.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Blocks until stop(); may be called again after it.
  void run();
  /// From any thread, and before run() as well. What was posted earlier still runs.
  void stop();
  /// Runs what was posted, closes every handle and asserts that uv_loop_close() gives 0. No thread may be in
  /// run().
  void close();

  /// CLOCK_MONOTONIC in µs, read now. From any thread.
  static std::int64_t now_us();
  /// CLOCK_MONOTONIC in µs as it was first asked for in this turn of the loop (from one wait to the next),
  /// which the first descriptor that is ready does.
  std::int64_t turn_us() const;

  /// Runs `task` on the loop, in the order of posting; one wake-up a batch. From any thread. False, with the
  /// task destroyed unrun, once the loop is closed.
  bool post(std::function<void()> task);
  /// Runs `task` once at the end of this turn, before the loop waits. What is deferred by a deferred task
  /// runs in the same turn.
  void defer(std::function<void()> task);

  /// For the sources of this folder and of net/.
  uv_loop_s* uv();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lectern::server
