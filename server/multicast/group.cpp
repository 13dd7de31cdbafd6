#include "server/multicast/group.h"

#include <algorithm>

namespace lectern::server {

MulticastGroup::MulticastGroup(const Endpoint& address, const std::vector<std::uint32_t>& ssrcs,
                               const MulticastConfig& config)
    : config_(config) {
  std::uint16_t port = config.port;
  for (const std::uint32_t ssrc : ssrcs) {
    streams_.push_back(
        {address.with_port(port), address.with_port(static_cast<std::uint16_t>(port + 1)), ssrc});
    port = static_cast<std::uint16_t>(port + 2);
  }
}

std::size_t MulticastGroup::loop_for(std::size_t asking) const {
  std::size_t chosen = none;
  return loop_.compare_exchange_strong(chosen, asking) ? asking : chosen;
}

bool MulticastGroup::has_ssrc(std::uint32_t ssrc) const {
  return std::ranges::find(streams_, ssrc, &Stream::ssrc) != streams_.end();
}

}  // namespace lectern::server
