#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "protocol/base/bytes.h"

namespace lectern::media {

/// A bounded queue of packets from one thread to one other: no allocation a packet, and a lock only to wake
/// who waits.
class PacketQueue {
 public:
  /// `capacity` in bytes, a multiple of 8; a packet takes up to 15 bytes more than it has.
  explicit PacketQueue(std::size_t capacity);

  // For who writes.

  /// Where to write a packet of at most `size` bytes, which commit() then puts in; empty where there is no
  /// room.
  MutableBytes reserve(std::size_t size);
  /// The first `size` bytes of what was reserved last.
  void commit(std::size_t size);

  // For who reads.

  /// The oldest packet, until pop(); empty where none comes within `patience`, or none will come any more.
  Bytes front(std::chrono::milliseconds patience);
  void pop();
  /// Passes over all that is there.
  void clear();

  /// No more will come, and what is there may still be read. From any thread.
  void close();
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  [[nodiscard]] std::byte* at(std::uint64_t position) const { return memory_.get() + position % capacity_; }
  [[nodiscard]] bool empty() const { return head_ == tail_; }
  void wake();

  const std::size_t capacity_;
  const std::unique_ptr<std::byte[]> memory_;
  // Positions in an endless tape, of which memory_ holds a part.
  std::atomic<std::uint64_t> head_ = 0, tail_ = 0;
  std::uint64_t reserved_ = 0;  // where the packet that was reserved begins
  std::uint64_t after_ = 0;     // where the next one does
  std::atomic<bool> closed_ = false, waiting_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace lectern::media
