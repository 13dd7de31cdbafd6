#include "server/access/argon2_worker.h"

#include <algorithm>
#include <csignal>

#include "server/access/password.h"
#include "server/loop/guard.h"

namespace lectern::server {
namespace {

using Clock = std::chrono::steady_clock;

/// No user's name has a NUL.
std::string secret_of(const std::string& user, const std::string& password) {
  return user + '\0' + password;
}

}  // namespace

Argon2Worker::Argon2Worker() : right_(10'000, std::chrono::minutes(10)) {
  // Signals are for the thread that runs the program.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Argon2Worker::~Argon2Worker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool Argon2Worker::remembers(const std::string& user, const std::string& password) {
  return right_.get(secret_of(user, password), Clock::now()).has_value();
}

bool Argon2Worker::check(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_waiting) return false;
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void Argon2Worker::run() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    guarded("argon2", [&] {
      const bool right = std::ranges::any_of(
          job.encoded, [&](const std::string& encoded) { return check_argon2(encoded, job.password); });
      if (right) right_.put(secret_of(job.user, job.password), 1, Clock::now());
      job.done(right);
    });
  }
}

}  // namespace lectern::server
