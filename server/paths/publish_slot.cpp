#include "server/paths/publish_slot.h"

#include <utility>

namespace lectern::server {

bool PublishSlot::claim(const std::string& session, std::function<void()> evict) {
  std::function<void()> former;
  {
    const std::lock_guard lock(mutex_);
    if (!session_.empty() && !takeover_) return false;
    session_ = session;
    former = std::exchange(evict_, std::move(evict));
  }
  if (former) former();
  return true;
}

void PublishSlot::release(const std::string& session) {
  const std::lock_guard lock(mutex_);
  if (session_ != session) return;
  session_.clear();
  evict_ = nullptr;
}

bool PublishSlot::publish(const std::string& session, std::shared_ptr<media::Publication> publication) {
  const std::lock_guard lock(mutex_);
  if (session_ != session) return false;
  point_->publish(std::move(publication));
  return true;
}

}  // namespace lectern::server
