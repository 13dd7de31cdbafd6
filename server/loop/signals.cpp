#include "server/loop/signals.h"

#include <csignal>
#include <stdexcept>
#include <string>

#include "server/loop/event_loop.h"
#include "server/loop/guard.h"
#include "server/loop/handle.h"

namespace lectern::server {

struct SignalWatcher::State {
  uv_signal_t handle;
  std::function<void(int)> received;
};

void SignalWatcher::Closer::operator()(State* state) const {
  close_and_free(state);
}

SignalWatcher::SignalWatcher(EventLoop& loop, std::function<void(int)> received, std::vector<int> signals) {
  if (signals.empty()) signals = {SIGINT, SIGTERM};
  // Once libuv knows a handle, nothing may fail before it has an owner.
  watched_.reserve(signals.size());
  for (const int signal : signals) {
    auto state = std::make_unique<State>();
    state->received = received;
    state->handle.data = state.get();
    if (const int error = uv_signal_init(loop.uv(), &state->handle); error != 0) {
      throw std::runtime_error(std::string("cannot watch signals: ") + uv_strerror(error));
    }
    watched_.emplace_back(state.release());
    const auto on_signal = [](uv_signal_t* handle, int number) {
      guarded("signal", [&] { static_cast<State*>(handle->data)->received(number); });
    };
    if (const int error = uv_signal_start(&watched_.back()->handle, on_signal, signal); error != 0) {
      throw std::runtime_error("cannot watch signal " + std::to_string(signal) + ": " + uv_strerror(error));
    }
  }
}

void ignore_broken_pipes() {
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace lectern::server
