#include "server/rtsp/tunnel_registry.h"

namespace lectern::server {

Result<TunnelRegistry::Place> TunnelRegistry::reserve(const TunnelKey& key) {
  const std::lock_guard lock(mutex_);
  if (tunnels_.contains(key)) return invalid("a tunnel of this x-sessioncookie is open already");
  const auto of_peer = waiting_per_peer_.find(key.host.network());
  if (waiting_ >= most_waiting ||
      (of_peer != waiting_per_peer_.end() && of_peer->second >= most_waiting_per_peer))
    return Error{Errc::busy, "too many tunnels wait for their POST"};
  tunnels_.emplace(key, Entry{});
  ++waiting_;
  ++waiting_per_peer_[key.host.network()];
  return Place(*this, key);
}

std::optional<Remote<TunnelGet>> TunnelRegistry::find(const TunnelKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = tunnels_.find(key);
  return found == tunnels_.end() ? std::nullopt : found->second.get;
}

std::size_t TunnelRegistry::size() const {
  const std::lock_guard lock(mutex_);
  return tunnels_.size();
}

std::size_t TunnelRegistry::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

void TunnelRegistry::no_longer_waits(const TunnelKey& key, Entry& entry) {
  if (!std::exchange(entry.waits, false)) return;
  --waiting_;
  const auto of_peer = waiting_per_peer_.find(key.host.network());
  if (--of_peer->second == 0) waiting_per_peer_.erase(of_peer);
}

void TunnelRegistry::Place::open(Remote<TunnelGet> get) {
  const std::lock_guard lock(registry_->mutex_);
  registry_->tunnels_.at(key_).get = std::move(get);
}

void TunnelRegistry::Place::joined() {
  const std::lock_guard lock(registry_->mutex_);
  registry_->no_longer_waits(key_, registry_->tunnels_.at(key_));
}

TunnelRegistry::Place::~Place() {
  if (!registry_) return;
  const std::lock_guard lock(registry_->mutex_);
  const auto found = registry_->tunnels_.find(key_);
  registry_->no_longer_waits(key_, found->second);
  registry_->tunnels_.erase(found);
}

}  // namespace lectern::server
