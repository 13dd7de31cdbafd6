#include "server/loop/delayed_tasks.h"

#include <algorithm>

#include "server/loop/event_loop.h"
#include "server/loop/guard.h"

namespace lectern::server {

void DelayedTasks::run_after(std::chrono::milliseconds delay, std::function<void()> task) {
  const std::int64_t now_us = EventLoop::now_us();
  tasks_.emplace(now_us + delay.count() * 1000, std::move(task));
  start_timer(now_us);
}

void DelayedTasks::run_due() {
  const std::int64_t now_us = EventLoop::now_us();
  while (!tasks_.empty() && tasks_.begin()->first <= now_us) {
    const auto task = std::move(tasks_.begin()->second);
    tasks_.erase(tasks_.begin());
    guarded("a delayed task", task);
  }
  start_timer(now_us);
}

void DelayedTasks::start_timer(std::int64_t now_us) {
  if (tasks_.empty()) return;
  const std::int64_t wait_us = std::max<std::int64_t>(0, tasks_.begin()->first - now_us);
  timer_.start_after(std::chrono::milliseconds((wait_us + 999) / 1000));
}

}  // namespace lectern::server
