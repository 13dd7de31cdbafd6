#include "media/worker_pool.h"

#include <algorithm>

#include "media/contained.h"

namespace lectern::media {

namespace {

thread_local const std::atomic<bool>* stopping_of_this_thread = nullptr;

}  // namespace

WorkerPool::WorkerPool(unsigned threads) : most_opening_(std::max(1U, threads / 2)) {
  try {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  } catch (...) {
    // Those that run already are to end before what they use.
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    throw;
  }
}

WorkerPool::~WorkerPool() {
  std::deque<Task> loads, opens;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    loads.swap(loads_);
    opens.swap(opens_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::submit(Task task, Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    (work == Work::load ? loads_ : opens_).push_back(std::move(task));
  }
  wake_.notify_one();
}

bool WorkerPool::stopping_here() {
  return stopping_of_this_thread && *stopping_of_this_thread;
}

std::deque<WorkerPool::Task>* WorkerPool::next() {
  if (!loads_.empty()) return &loads_;
  return !opens_.empty() && opening_ < most_opening_ ? &opens_ : nullptr;
}

void WorkerPool::run() {
  stopping_of_this_thread = &stopping_;
  std::unique_lock lock(mutex_);
  while (true) {
    std::deque<Task>* from = nullptr;
    wake_.wait(lock, [&] { return stopping_ || (from = next()); });
    if (stopping_) return;
    Task task = std::move(from->front());
    from->pop_front();
    const bool opens = from == &opens_;
    if (opens) ++opening_;
    lock.unlock();
    try {
      task();
    } catch (...) {  // Its own failure: the others have nothing to do with it.
    }
    task = nullptr;
    lock.lock();
    // This thread looks for the next task itself, so nobody need be woken.
    if (opens) --opening_;
  }
}

void Strand::submit(WorkerPool::Task task) {
  std::size_t mine = 0;
  {
    const std::lock_guard lock(mutex_);
    mine = tasks_.size();
    tasks_.push_back(std::move(task));
    if (running_) return;
    running_ = true;
  }
  try {
    pool_.submit([self = shared_from_this()] { self->run_one(); }, work_);
  } catch (...) {
    // Who came meanwhile counts on it, too: they go with the next one that is submitted.
    const std::lock_guard lock(mutex_);
    tasks_.erase(tasks_.begin() + static_cast<std::ptrdiff_t>(mine));
    running_ = false;
    throw;
  }
}

void Strand::run_one() {
  WorkerPool::Task task;
  {
    const std::lock_guard lock(mutex_);
    task = std::move(tasks_.front());
    tasks_.pop_front();
  }
  try {
    task();
  } catch (...) {  // As in the pool: those behind it are to run.
  }
  task = nullptr;
  {
    const std::lock_guard lock(mutex_);
    running_ = !tasks_.empty();
    if (!running_) return;
  }
  // Back through the pool, so that one busy asset leaves the others their turn.
  persistently([this] { pool_.submit([self = shared_from_this()] { self->run_one(); }, work_); });
}

}  // namespace lectern::media
