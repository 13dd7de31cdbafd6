#include "server/loop/precise_timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "server/loop/event_loop.h"

namespace lectern::server {
namespace {

FileDescriptor make_timer() {
  FileDescriptor fd(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!fd) throw std::runtime_error("cannot make a timer descriptor");
  return fd;
}

}  // namespace

PreciseTimer::PreciseTimer(EventLoop& loop, std::function<void()> fired)
    : fired_(std::move(fired)), poll_(loop, make_timer(), [this](Ready) { on_ready(); }) {
  poll_.watch(true, false);
}

void PreciseTimer::start_at(std::int64_t time_us) {
  active_ = true;
  arm(std::max<std::int64_t>(time_us, 1));  // A zero would disarm.
}

void PreciseTimer::start_after(std::int64_t delay_us) {
  start_at(EventLoop::now_us() + std::max<std::int64_t>(delay_us, 0));
}

void PreciseTimer::stop() {
  if (!active_) return;
  active_ = false;
  arm(0);
}

void PreciseTimer::arm(std::int64_t time_us) const {
  itimerspec spec{};
  spec.it_value.tv_sec = time_us / 1'000'000;
  spec.it_value.tv_nsec = time_us % 1'000'000 * 1000;
  ::timerfd_settime(poll_.fd(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

void PreciseTimer::on_ready() {
  std::uint64_t times = 0;
  // Stopped or started anew in this turn: the descriptor was reset, so nothing is read.
  if (::read(poll_.fd(), &times, sizeof times) != sizeof times || !active_) return;
  active_ = false;
  const auto fired = fired_;  // May destroy this.
  fired();
}

}  // namespace lectern::server
