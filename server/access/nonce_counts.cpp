#include "server/access/nonce_counts.h"

namespace lectern::server {

bool NonceCounts::use(std::uint64_t serial, std::uint32_t nc) {
  const std::lock_guard lock(mutex_);
  auto found = seen_.find(serial);
  if (found == seen_.end()) {
    if (serial <= given_up_) return false;
    found = seen_.emplace(serial, Seen{}).first;
  }
  Seen& seen = found->second;
  bool fresh = false;
  if (nc > seen.highest) {
    const std::uint32_t step = nc - seen.highest;
    seen.window = (step < 64 ? seen.window << step : 0) | 1;
    seen.highest = nc;
    fresh = true;
  } else if (const std::uint32_t behind = seen.highest - nc; behind < 64) {
    fresh = (seen.window >> behind & 1) == 0;
    seen.window |= std::uint64_t{1} << behind;
  }
  if (seen_.size() > most_) {
    given_up_ = seen_.begin()->first;
    seen_.erase(seen_.begin());
  }
  return fresh;
}

}  // namespace lectern::server
