#include "server/access/back_off.h"

#include <algorithm>

namespace lectern::server {

bool BackOff::begin(const Endpoint& peer, bool known, Time now) {
  const std::lock_guard lock(mutex_);
  Attempts& attempts = attempts_[peer.network()];
  std::erase_if(attempts.held, [&](Time until) { return until <= now; });
  const std::size_t most = attempts.failures > free_failures ? most_guesses : most_attempts;
  if (!known && attempts.checking + attempts.held.size() >= most) return false;
  ++attempts.checking;
  return true;
}

void BackOff::succeeded(const Endpoint& peer) {
  const std::lock_guard lock(mutex_);
  const auto found = attempts_.find(peer.network());
  if (found == attempts_.end()) return;
  if (found->second.checking > 0) --found->second.checking;
  // Failures stay: who has a password must not guess those of others at full speed.
  if (found->second.failures == 0 && found->second.checking == 0) attempts_.erase(found);
}

BackOff::Delay BackOff::failed(const Endpoint& peer, Time now) {
  const std::lock_guard lock(mutex_);
  Attempts& attempts = attempts_[peer.network()];
  if (attempts.checking > 0) --attempts.checking;
  if (now - attempts.last > memory) attempts.failures = 0;
  attempts.last = now;
  ++attempts.failures;
  Delay delay{0};
  if (attempts.failures > free_failures) {
    const unsigned doublings = std::min(attempts.failures - free_failures - 1, 16u);
    delay = std::min(longest_delay, first_delay * (1u << doublings));
    attempts.held.push_back(now + delay);
  }
  if (attempts_.size() > most_) forget_oldest(now);
  return delay;
}

void BackOff::forget_oldest(Time now) {
  std::erase_if(attempts_, [&](const auto& entry) {
    return entry.second.checking == 0 && now - entry.second.last > memory;
  });
  if (attempts_.size() <= most_) return;
  const auto oldest = std::ranges::min_element(attempts_, {}, [](const auto& entry) {
    return entry.second.checking ? Time::max() : entry.second.last;
  });
  if (oldest->second.checking == 0) attempts_.erase(oldest);
}

}  // namespace lectern::server
