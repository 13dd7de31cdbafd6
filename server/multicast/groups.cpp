#include "server/multicast/groups.h"

#include <algorithm>
#include <unordered_set>

#include "server/rtsp/random.h"

namespace lectern::server {
namespace {

std::vector<std::uint32_t> different_ssrcs(std::size_t count) {
  std::vector<std::uint32_t> ssrcs;
  while (ssrcs.size() < count)
    if (const std::uint32_t ssrc = random_u32(); std::ranges::find(ssrcs, ssrc) == ssrcs.end())
      ssrcs.push_back(ssrc);
  return ssrcs;
}

}  // namespace

MulticastGroups::MulticastGroups(const Config& config) : config_(config.multicast) {
  for (std::size_t i = 0; i < config.roots.size(); ++i) places_.push_back(std::make_shared<Place>());
  give_addresses(config);
}

MulticastGroups::MulticastGroups(const Config& config, const MulticastGroups& before,
                                 const std::vector<std::optional<std::size_t>>& going_on)
    : config_(config.multicast) {
  for (const auto& root : going_on)
    places_.push_back(root ? before.places_[*root] : std::make_shared<Place>());
  give_addresses(config);
}

void MulticastGroups::give_addresses(const Config& config) {
  if (!config_.range) return;
  std::unordered_set<Endpoint> taken;
  for (const auto& place : places_)
    if (place->address) taken.insert(*place->address);
  // The first address of many looks like that of the network.
  std::uint64_t next = config_.range->size() > 1 ? 1 : 0;
  for (std::size_t root = 0; root < places_.size(); ++root) {
    if (places_[root]->address || !is_multicast(config, config.roots[root])) continue;
    while (next < config_.range->size() && taken.contains(config_.range->at(next))) ++next;
    if (next == config_.range->size()) return;
    // It may be looked at already, as one that has gone on without an address.
    const std::lock_guard lock(places_[root]->mutex);
    places_[root]->address = config_.range->at(next++);
  }
}

std::shared_ptr<const MulticastGroup> MulticastGroups::find(std::size_t root,
                                                            const media::LiveDescription& told) {
  Place& place = *places_[root];
  const std::size_t tracks = told.tracks.size();
  const std::lock_guard lock(place.mutex);
  if (!place.address || config_.port + 2 * tracks > 65'536) return nullptr;
  auto group = place.group.lock();
  if (group && place.generation == told.generation) return group;
  group = std::make_shared<MulticastGroup>(*place.address, different_ssrcs(tracks), config_);
  place.group = group;
  place.generation = told.generation;
  return group;
}

}  // namespace lectern::server
