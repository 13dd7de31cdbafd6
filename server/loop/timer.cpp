#include "server/loop/timer.h"

#include <algorithm>

#include "server/loop/event_loop.h"
#include "server/loop/guard.h"
#include "server/loop/handle.h"

namespace lectern::server {

struct Timer::State {
  uv_timer_t handle;
  std::function<void()> fired;
};

void Timer::Closer::operator()(State* state) const {
  close_and_free(state);
}

Timer::Timer(EventLoop& loop, std::function<void()> fired) {
  auto state = std::make_unique<State>();
  uv_timer_init(loop.uv(), &state->handle);  // Cannot fail: it only fills the struct.
  state->handle.data = state.get();
  state->fired = std::move(fired);
  state_.reset(state.release());
}

void Timer::start_after(std::chrono::milliseconds delay) {
  start(delay, std::chrono::milliseconds(0));
}

void Timer::start_every(std::chrono::milliseconds period) {
  period = std::max(period, std::chrono::milliseconds(1));
  start(period, period);
}

void Timer::start(std::chrono::milliseconds delay, std::chrono::milliseconds period) {
  // libuv counts from its cached time, which is stale after a long callback.
  uv_update_time(state_->handle.loop);
  uv_timer_start(
      &state_->handle, [](uv_timer_t* handle) { guarded("timer", static_cast<State*>(handle->data)->fired); },
      static_cast<std::uint64_t>(std::max<std::int64_t>(delay.count(), 0)),
      static_cast<std::uint64_t>(period.count()));
}

void Timer::stop() {
  uv_timer_stop(&state_->handle);
}

bool Timer::active() const {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(&state_->handle)) != 0;
}

}  // namespace lectern::server
