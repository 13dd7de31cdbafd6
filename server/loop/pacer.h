#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "server/loop/precise_timer.h"

namespace lectern::server {

/// The due times of one loop: a heap under one timer. Scheduling is O(log n), without allocation once the
/// heap has had its size.
class Pacer {
 public:
  /// Lives as long as it likes: destroyed, it is no longer scheduled.
  class Task {
   public:
    Task() = default;
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    virtual ~Task();
    /// The due time has come, or is less than the slack away. No longer scheduled; may schedule itself again,
    /// change others, or be destroyed.
    virtual void due(std::int64_t now_us) = 0;
    [[nodiscard]] bool scheduled() const { return pacer_ != nullptr; }

   private:
    friend class Pacer;
    Pacer* pacer_ = nullptr;
    std::size_t index_ = 0;
  };

  /// To save wake-ups, tasks due at most `slack_us` later run along with one that is due, and the timer fires
  /// on multiples of `step_us` only: a task runs at most so much late. 0: whenever one is due.
  explicit Pacer(EventLoop& loop, std::int64_t slack_us = 500, std::int64_t step_us = 0);
  ~Pacer();
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  /// Replaces an earlier due time. Equal times run in the order of scheduling.
  void schedule(Task& task, std::int64_t due_us);
  void cancel(Task& task);
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    std::int64_t due_us;
    std::uint64_t order;
    Task* task;
    bool operator<(const Entry& other) const {
      return due_us != other.due_us ? due_us < other.due_us : order < other.order;
    }
  };
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  void fire();
  void arm();
  void place(std::size_t index, const Entry& entry);
  void sift(std::size_t index, const Entry& entry);
  void remove(std::size_t index);

  std::int64_t slack_us_;
  std::int64_t step_us_;
  std::vector<Entry> heap_;
  std::uint64_t order_ = 0;
  std::int64_t armed_us_ = kNever;
  bool firing_ = false;
  PreciseTimer timer_;
};

}  // namespace lectern::server
