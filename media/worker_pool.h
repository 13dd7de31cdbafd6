#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace lectern::media {

/// What a task is for. Viewers wait for loads while they play, so these go first, and opens (scans too),
/// which damaged and slow files can draw out, never take more than half of the threads.
enum class Work { load, open };

/// A few threads for what blocks: FFmpeg and the file system never run on a loop.
class WorkerPool {
 public:
  using Task = std::function<void()>;

  explicit WorkerPool(unsigned threads);
  /// Finishes the tasks that run, drops those that wait.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void submit(Task task, Work work);
  /// Whether the pool whose thread this is stops: long tasks ask, and give up. False on any other thread.
  static bool stopping_here();

 private:
  void run();
  std::deque<Task>* next();  // with the mutex held; nullptr where nothing may run now

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> loads_, opens_;
  std::size_t opening_ = 0, most_opening_;
  std::atomic<bool> stopping_ = false;  // written with the mutex held
  std::vector<std::thread> threads_;
};

/// Runs the tasks given to it one after the other on a pool: what guards a demuxer instead of a lock.
class Strand : public std::enable_shared_from_this<Strand> {
 public:
  Strand(WorkerPool& pool, Work work) : pool_(pool), work_(work) {}
  void submit(WorkerPool::Task task);

 private:
  void run_one();

  WorkerPool& pool_;
  const Work work_;
  std::mutex mutex_;
  std::deque<WorkerPool::Task> tasks_;
  bool running_ = false;
};

}  // namespace lectern::media
