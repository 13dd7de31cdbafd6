#include "server/loop/worker.h"

#include <pthread.h>

#include <algorithm>
#include <cassert>
#include <csignal>

namespace lectern::server {

Worker::Worker(std::string name) : name_(std::move(name)) {
  name_.resize(std::min<std::size_t>(name_.size(), 15));
}

Worker::~Worker() {
  stop();
}

void Worker::start() {
  assert(!thread_.joinable());
  // The new thread inherits the mask; libuv needs signals on no thread in particular.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.c_str());
    loop_.run();
    loop_.close();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Worker::stop(std::function<void()> last) {
  if (!thread_.joinable()) return;
  assert(thread_.get_id() != std::this_thread::get_id());
  if (last) loop_.post(std::move(last));
  loop_.stop();
  thread_.join();
}

Worker& least_busy(std::span<const std::unique_ptr<Worker>> workers) {
  assert(!workers.empty());
  return **std::ranges::min_element(workers, {}, [](const auto& worker) { return worker->load(); });
}

}  // namespace lectern::server
