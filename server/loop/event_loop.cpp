#include "server/loop/event_loop.h"

#include <uv.h>

#include <cassert>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/loop/guard.h"

namespace lectern::server {

using Tasks = std::vector<std::function<void()>>;

struct EventLoop::State {
  uv_loop_t loop;
  uv_async_t wake;
  uv_prepare_t turn_end;
  std::int64_t turn_us = 0;  // 0: not asked for in this turn
  bool closed = false;

  std::mutex mutex;
  Tasks mailbox;  // guarded by mutex, as is `open`
  bool open = true;

  // Kept between turns for their memory.
  Tasks delivered, deferred, ending;

  // A task deferred or posted by a task lands in the other vector, so none moves while it runs.
  static void run_all(Tasks& tasks, const char* where) {
    for (auto& task : tasks) guarded(where, task);
    tasks.clear();
  }

  void deliver() {
    // Run by a nested call (close() inside a task) would clear what is being run.
    assert(delivered.empty());
    {
      const std::lock_guard lock(mutex);
      delivered.swap(mailbox);
    }
    run_all(delivered, "post");
  }

  void end_turn() {
    while (!deferred.empty()) {
      ending.swap(deferred);
      run_all(ending, "defer");
    }
    turn_us = 0;
  }

  bool settle() {
    deliver();
    end_turn();
    const std::lock_guard lock(mutex);
    open = !mailbox.empty();
    return !open;
  }
};

EventLoop::EventLoop() : state_(std::make_unique<State>()) {
  auto& s = *state_;
  if (const int error = uv_loop_init(&s.loop); error != 0) {
    throw std::runtime_error(std::string("cannot make an event loop: ") + uv_strerror(error));
  }
  s.loop.data = &s;
  if (const int error = uv_async_init(
          &s.loop, &s.wake, [](uv_async_t* async) { static_cast<State*>(async->loop->data)->deliver(); });
      error != 0) {
    uv_loop_close(&s.loop);
    throw std::runtime_error(std::string("cannot make a mailbox: ") + uv_strerror(error));
  }
  uv_prepare_init(&s.loop, &s.turn_end);
  uv_prepare_start(&s.turn_end,
                   [](uv_prepare_t* prepare) { static_cast<State*>(prepare->loop->data)->end_turn(); });
}

EventLoop::~EventLoop() {
  close();
}

void EventLoop::run() {
  assert(!state_->closed);
  uv_update_time(&state_->loop);
  uv_run(&state_->loop, UV_RUN_DEFAULT);
  state_->end_turn();
}

void EventLoop::stop() {
  post([this] { uv_stop(&state_->loop); });
}

void EventLoop::close() {
  auto& s = *state_;
  if (s.closed) return;
  s.closed = true;
  while (!s.settle()) {
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&s.wake), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&s.turn_end), nullptr);
  // A close callback of libuv may come a turn later (signals wait for their pipe).
  for (int turn = 0; turn < 100 && uv_loop_alive(&s.loop) != 0; ++turn) uv_run(&s.loop, UV_RUN_NOWAIT);
  [[maybe_unused]] const int left = uv_loop_close(&s.loop);
  assert(left == 0 && "something of this loop outlives it");
}

std::int64_t EventLoop::now_us() {
  return static_cast<std::int64_t>(uv_hrtime() / 1000);
}

std::int64_t EventLoop::turn_us() const {
  if (state_->turn_us == 0) state_->turn_us = now_us();
  return state_->turn_us;
}

bool EventLoop::post(std::function<void()> task) {
  auto& s = *state_;
  // Sent under the lock: close() takes it before it closes the handle.
  const std::lock_guard lock(s.mutex);
  if (!s.open) return false;
  s.mailbox.push_back(std::move(task));
  if (s.mailbox.size() == 1) uv_async_send(&s.wake);
  return true;
}

void EventLoop::defer(std::function<void()> task) {
  state_->deferred.push_back(std::move(task));
}

uv_loop_s* EventLoop::uv() {
  return &state_->loop;
}

}  // namespace lectern::server
