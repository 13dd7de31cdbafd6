#include "media/live/packet_queue.h"

#include <cassert>
#include <cstring>

namespace lectern::media {
namespace {

/// Before each packet; what follows is aligned, as libsrtp wants it.
constexpr std::size_t prefix = 8;
/// In the place of a size: the rest up to the end of the memory is passed over.
constexpr std::uint64_t skip = ~std::uint64_t{0};

constexpr std::uint64_t room_for(std::uint64_t size) {
  return prefix + (size + 7) / 8 * 8;
}

}  // namespace

PacketQueue::PacketQueue(std::size_t capacity)
    : capacity_(capacity), memory_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {
  assert(capacity % 8 == 0 && capacity > 0);
}

MutableBytes PacketQueue::reserve(std::size_t size) {
  const std::uint64_t needed = room_for(size), used = tail_ - head_;
  const std::uint64_t to_end = capacity_ - tail_ % capacity_;
  const std::uint64_t skipped = needed > to_end ? to_end : 0;
  if (closed_ || used + skipped + needed > capacity_) return {};
  if (skipped > 0) std::memcpy(at(tail_), &skip, sizeof skip);
  reserved_ = tail_ + skipped;
  return {at(reserved_) + prefix, size};
}

void PacketQueue::commit(std::size_t size) {
  const std::uint64_t written = size;
  std::memcpy(at(reserved_), &written, sizeof written);
  tail_ = reserved_ + room_for(size);
  // In one order with front(), which says that it waits before it looks a last time.
  if (waiting_) wake();
}

void PacketQueue::wake() {
  { const std::lock_guard lock(mutex_); }
  changed_.notify_one();
}

Bytes PacketQueue::front(std::chrono::milliseconds patience) {
  if (empty() && !closed_) {
    std::unique_lock lock(mutex_);
    waiting_ = true;
    changed_.wait_for(lock, patience, [this] { return !empty() || closed_; });
    waiting_ = false;
  }
  if (empty()) return {};
  std::uint64_t size = 0;
  std::memcpy(&size, at(head_), sizeof size);
  if (size == skip) {
    head_ += capacity_ - head_ % capacity_;
    std::memcpy(&size, at(head_), sizeof size);
  }
  after_ = head_ + room_for(size);
  return {at(head_) + prefix, size};
}

void PacketQueue::pop() {
  head_ = after_;
}

void PacketQueue::clear() {
  head_ = tail_.load();
}

void PacketQueue::close() {
  closed_ = true;
  wake();
}

}  // namespace lectern::media
