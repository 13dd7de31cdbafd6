#include "server/rtsp/peer_limits.h"

namespace lectern::server {

bool PeerLimits::add(const Endpoint& peer) {
  const std::lock_guard lock(mutex_);
  if (count_ >= most_) return false;
  std::size_t& of_peer = per_peer_[peer.network()];
  if (of_peer >= most_per_peer_) return false;
  ++of_peer;
  ++count_;
  ++changes_;
  return true;
}

void PeerLimits::remove(const Endpoint& peer) {
  const std::lock_guard lock(mutex_);
  const auto found = per_peer_.find(peer.network());
  if (found == per_peer_.end()) return;
  --count_;
  ++changes_;
  if (--found->second == 0) per_peer_.erase(found);
}

std::uint64_t PeerLimits::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

void PeerLimits::limit(std::size_t most, std::size_t most_per_peer) {
  const std::lock_guard lock(mutex_);
  most_ = most;
  most_per_peer_ = most_per_peer;
}

}  // namespace lectern::server
