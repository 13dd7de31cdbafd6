#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace lectern::media {

/// A few threads for what blocks: FFmpeg and the file system never run on a loop.
class WorkerPool {
 public:
  using Task = std::function<void()>;

  explicit WorkerPool(unsigned threads);
  /// Finishes the tasks that run, drops those that wait.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void submit(Task task);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// Runs the tasks given to it one after the other on a pool: what guards a demuxer instead of a lock.
class Strand : public std::enable_shared_from_this<Strand> {
 public:
  explicit Strand(WorkerPool& pool) : pool_(pool) {}
  void submit(WorkerPool::Task task);

 private:
  void run_one();

  WorkerPool& pool_;
  std::mutex mutex_;
  std::deque<WorkerPool::Task> tasks_;
  bool running_ = false;
};

}  // namespace lectern::media
