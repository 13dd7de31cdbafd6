#include "server/loop/pacer.h"

#include <algorithm>
#include <cassert>

#include "server/loop/event_loop.h"
#include "server/loop/guard.h"

namespace lectern::server {

Pacer::Task::~Task() {
  if (pacer_ != nullptr) pacer_->cancel(*this);
}

Pacer::Pacer(EventLoop& loop, std::int64_t slack_us, std::int64_t step_us)
    : slack_us_(slack_us), step_us_(std::max<std::int64_t>(step_us, 1)), timer_(loop, [this] { fire(); }) {}

Pacer::~Pacer() {
  assert(!firing_);
  for (const auto& entry : heap_) entry.task->pacer_ = nullptr;
}

void Pacer::schedule(Task& task, std::int64_t due_us) {
  assert(task.pacer_ == nullptr || task.pacer_ == this);
  if (task.pacer_ == nullptr) {
    heap_.emplace_back();  // first, as there may be no memory for it
    task.pacer_ = this;
    task.index_ = heap_.size() - 1;
  }
  sift(task.index_, Entry{due_us, order_++, &task});
  arm();
}

void Pacer::cancel(Task& task) {
  if (task.pacer_ == nullptr) return;
  assert(task.pacer_ == this);
  // The timer stays: one wake-up for nothing costs less than setting it at every cancel.
  remove(task.index_);
}

void Pacer::fire() {
  const std::int64_t now = EventLoop::now_us();
  armed_us_ = kNever;
  firing_ = true;
  // A task that always asks for the past must not keep the loop from its sockets: the rest waits a turn.
  for (std::size_t left = heap_.size(); left > 0; --left) {
    if (heap_.empty() || heap_.front().due_us > now + slack_us_) break;
    Task& task = *heap_.front().task;
    remove(0);
    guarded("pacer", [&] { task.due(now); });
  }
  firing_ = false;
  arm();
}

void Pacer::arm() {
  if (firing_ || heap_.empty()) return;
  const std::int64_t wake_us = (heap_.front().due_us + step_us_ - 1) / step_us_ * step_us_;
  if (wake_us >= armed_us_) return;
  armed_us_ = wake_us;
  timer_.start_at(armed_us_);
}

void Pacer::place(std::size_t index, const Entry& entry) {
  heap_[index] = entry;
  entry.task->index_ = index;
}

// Moves the hole at `index` to where `entry` belongs.
void Pacer::sift(std::size_t index, const Entry& entry) {
  while (index > 0 && entry < heap_[(index - 1) / 2]) {
    place(index, heap_[(index - 1) / 2]);
    index = (index - 1) / 2;
  }
  for (std::size_t child = 2 * index + 1; child < heap_.size(); child = 2 * index + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1] < heap_[child]) ++child;
    if (!(heap_[child] < entry)) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, entry);
}

void Pacer::remove(std::size_t index) {
  heap_[index].task->pacer_ = nullptr;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (index < heap_.size()) sift(index, last);
}

}  // namespace lectern::server
