#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "media/segment.h"

namespace lectern::media {

struct SegmentKey {
  std::uint64_t asset = 0;
  std::uint32_t segment = 0;
  bool random_access_point_only = false;

  bool operator==(const SegmentKey&) const = default;
};

/// The sealed segments of all files, for all viewers, bounded in bytes: the least recently used go first.
/// Asked once a segment and viewer, never once a packet.
class SegmentCache {
 public:
  explicit SegmentCache(std::size_t capacity) : capacity_(capacity) {}

  /// nullptr where it is not held.
  std::shared_ptr<const Segment> find(const SegmentKey& key);
  void insert(const SegmentKey& key, std::shared_ptr<const Segment> segment);
  [[nodiscard]] std::size_t memory() const;
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  struct KeyHash {
    std::size_t operator()(const SegmentKey& key) const {
      return std::hash<std::uint64_t>{}(key.asset << 33 ^ std::uint64_t{key.segment} << 1 ^
                                        std::uint64_t{key.random_access_point_only});
    }
  };
  struct Entry {
    SegmentKey key;
    std::shared_ptr<const Segment> segment;
  };

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::list<Entry> by_use_;  // the most recent first
  std::unordered_map<SegmentKey, std::list<Entry>::iterator, KeyHash> entries_;
  std::size_t memory_ = 0;
};

}  // namespace lectern::media
