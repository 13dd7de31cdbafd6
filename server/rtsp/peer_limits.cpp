#include "server/rtsp/connection_limits.h"

namespace lectern::server {

bool ConnectionLimits::add(const Endpoint& peer) {
  const std::lock_guard lock(mutex_);
  if (count_ >= most_) return false;
  std::size_t& of_address = per_address_[peer.octets()];
  if (of_address >= most_per_address_) return false;
  ++of_address;
  ++count_;
  return true;
}

void ConnectionLimits::remove(const Endpoint& peer) {
  const std::lock_guard lock(mutex_);
  const auto found = per_address_.find(peer.octets());
  if (found == per_address_.end()) return;
  --count_;
  if (--found->second == 0) per_address_.erase(found);
}

}  // namespace lectern::server
