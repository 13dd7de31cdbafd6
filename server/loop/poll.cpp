#include "server/loop/poll.h"

#include <stdexcept>
#include <string>

#include "server/loop/event_loop.h"
#include "server/loop/guard.h"
#include "server/loop/handle.h"

namespace lectern::server {

struct Poll::State {
  uv_poll_t handle;
  EventLoop* loop = nullptr;
  FileDescriptor fd;
  std::function<void(Ready)> ready;
  int watched = 0;

  void start() { uv_poll_start(&handle, watched, &State::on_ready); }

  static void on_ready(uv_poll_t* handle, int status, int events) {
    auto& s = *static_cast<State*>(handle->data);
    s.loop->turn_us();  // what is ready first begins the turn
    guarded("poll", [&] {
      s.ready(Ready{(events & UV_READABLE) != 0, (events & UV_WRITABLE) != 0, status < 0});
    });
    // libuv stops a poll whose descriptor has an error; a datagram socket goes on after it.
    auto* base = reinterpret_cast<uv_handle_t*>(handle);
    if (status < 0 && uv_is_closing(base) == 0 && uv_is_active(base) == 0 && s.watched != 0) s.start();
  }
};

void Poll::Closer::operator()(State* state) const {
  close_and_free(state);
  state->fd.reset();  // At once, so that the port is free when the owner is gone.
}

Poll::Poll(EventLoop& loop, FileDescriptor fd, std::function<void(Ready)> ready) {
  auto state = std::make_unique<State>();
  if (const int error = uv_poll_init(loop.uv(), &state->handle, fd.get()); error != 0) {
    throw std::runtime_error(std::string("cannot watch a descriptor: ") + uv_strerror(error));
  }
  state->handle.data = state.get();
  state->loop = &loop;
  state->fd = std::move(fd);
  state->ready = std::move(ready);
  state_.reset(state.release());
}

void Poll::watch(bool readable, bool writable) {
  const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
  if (events == state_->watched) return;
  state_->watched = events;
  if (events == 0) {
    uv_poll_stop(&state_->handle);
  } else {
    state_->start();
  }
}

int Poll::fd() const {
  return state_->fd.get();
}

}  // namespace lectern::server
