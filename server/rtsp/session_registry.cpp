#include "server/rtsp/session_registry.h"

namespace lectern::server {

Status SessionRegistry::add(const std::string& id, std::size_t loop, const Endpoint& peer,
                            const std::string& user) {
  const std::lock_guard lock(mutex_);
  if (places_.contains(id)) return Error{Errc::internal, "two sessions of one id"};
  const auto of_user = per_user_.find(user);
  if (of_user != per_user_.end() && of_user->second >= most_per_user_)
    return Error{Errc::busy, "this user has as many viewers as one user may have"};
  if (!limits_.add(peer))
    return Error{Errc::busy, "there are as many viewers as may be, in all or at this address"};
  try {
    const auto place = places_.emplace(id, Place{loop, peer, user}).first;
    try {
      if (!user.empty()) ++per_user_[user];
    } catch (...) {
      places_.erase(place);
      throw;
    }
  } catch (...) {
    limits_.remove(peer);
    throw;
  }
  return {};
}

void SessionRegistry::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(id);
  if (found == places_.end()) return;
  limits_.remove(found->second.peer);
  const auto of_user = per_user_.find(found->second.user);
  if (of_user != per_user_.end() && --of_user->second == 0) per_user_.erase(of_user);
  places_.erase(found);
}

void SessionRegistry::limit(std::size_t most, std::size_t most_per_address, std::size_t most_per_user) {
  limits_.limit(most, most_per_address);
  const std::lock_guard lock(mutex_);
  most_per_user_ = most_per_user;
}

std::optional<std::size_t> SessionRegistry::loop_of(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(id);
  return found == places_.end() ? std::nullopt : std::optional(found->second.loop);
}

std::size_t SessionRegistry::size() const {
  const std::lock_guard lock(mutex_);
  return places_.size();
}

bool SessionRegistry::claim(const PlayerPorts& ports, const PlayerPorts* instead_of) {
  const auto is_free = [&](const Endpoint& endpoint) {
    const bool own = instead_of && (endpoint == instead_of->rtp || endpoint == instead_of->rtcp);
    return own || !claimed_.contains(endpoint);
  };
  const std::lock_guard lock(mutex_);
  if (!is_free(ports.rtp) || !is_free(ports.rtcp)) return false;
  if (instead_of) {
    claimed_.erase(instead_of->rtp);
    claimed_.erase(instead_of->rtcp);
  }
  claimed_.insert(ports.rtp);
  try {
    claimed_.insert(ports.rtcp);
  } catch (...) {
    claimed_.erase(ports.rtp);
    throw;
  }
  return true;
}

void SessionRegistry::release(const PlayerPorts& ports) {
  const std::lock_guard lock(mutex_);
  claimed_.erase(ports.rtp);
  claimed_.erase(ports.rtcp);
}

}  // namespace lectern::server
