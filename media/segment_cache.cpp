#include "media/segment_cache.h"

namespace lectern::media {

std::shared_ptr<const Segment> SegmentCache::find(const SegmentKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return found->second->segment;
}

void SegmentCache::insert(const SegmentKey& key, std::shared_ptr<const Segment> segment) {
  std::list<Entry> dropped;  // freed after the lock is
  const std::lock_guard lock(mutex_);
  if (entries_.contains(key)) return;
  memory_ += segment->memory();
  by_use_.push_front({key, std::move(segment)});
  entries_.emplace(key, by_use_.begin());
  while (memory_ > capacity_ && !by_use_.empty()) {
    const auto oldest = std::prev(by_use_.end());
    memory_ -= oldest->segment->memory();
    entries_.erase(oldest->key);
    dropped.splice(dropped.begin(), by_use_, oldest);
  }
}

std::size_t SegmentCache::memory() const {
  const std::lock_guard lock(mutex_);
  return memory_;
}

}  // namespace lectern::media
