#include "server/access/user.h"

#include <algorithm>

namespace lectern::server {

bool User::permits(Action action, const std::vector<std::string>& path) const {
  return std::ranges::any_of(permissions[static_cast<std::size_t>(action)],
                             [&](const PathPattern& pattern) { return pattern.matches(path); });
}

bool User::may_come_from(const Endpoint& peer) const {
  return networks.empty() ||
         std::ranges::any_of(networks, [&](const Network& network) { return network.contains(peer); });
}

}  // namespace lectern::server
