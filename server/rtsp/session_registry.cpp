#include "server/rtsp/session_registry.h"

namespace lectern::server {

bool SessionRegistry::add(const std::string& id, std::size_t loop) {
  const std::lock_guard lock(mutex_);
  return loops_.size() < max_sessions_ && loops_.emplace(id, loop).second;
}

void SessionRegistry::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  loops_.erase(id);
}

std::optional<std::size_t> SessionRegistry::loop_of(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = loops_.find(id);
  return found == loops_.end() ? std::nullopt : std::optional(found->second);
}

std::size_t SessionRegistry::size() const {
  const std::lock_guard lock(mutex_);
  return loops_.size();
}

bool SessionRegistry::claim(const Endpoint& endpoint) {
  const std::lock_guard lock(mutex_);
  return claimed_.insert(endpoint).second;
}

void SessionRegistry::release(const Endpoint& endpoint) {
  const std::lock_guard lock(mutex_);
  claimed_.erase(endpoint);
}

}  // namespace lectern::server
