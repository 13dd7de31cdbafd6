#include "tests/bench/load/poller.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace lectern::bench {

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::runtime_error("cannot make an epoll descriptor");
}

void Poller::control(int operation, int descriptor, Source* source, bool writable) const {
  epoll_event event{};
  event.events = EPOLLIN | (writable ? EPOLLOUT : 0u);
  event.data.ptr = source;
  if (::epoll_ctl(epoll_.get(), operation, descriptor, &event) != 0)
    throw std::runtime_error(std::string("epoll_ctl: ") + std::strerror(errno));
}

void Poller::add(int descriptor, Source& source, bool writable) {
  control(EPOLL_CTL_ADD, descriptor, &source, writable);
}

void Poller::change(int descriptor, Source& source, bool writable) {
  control(EPOLL_CTL_MOD, descriptor, &source, writable);
}

void Poller::remove(int descriptor) {
  control(EPOLL_CTL_DEL, descriptor, nullptr, false);
  removed_ = true;
}

void Poller::turn(int timeout_ms) {
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  removed_ = false;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    static_cast<Source*>(event.data.ptr)
        ->ready((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0, (event.events & EPOLLOUT) != 0);
    if (removed_) return;  // a later event may be of what is gone; level-triggered, so nothing is lost
  }
}

}  // namespace lectern::bench
