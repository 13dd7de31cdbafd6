#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "media/live/live_description.h"
#include "server/config/config.h"
#include "server/multicast/group.h"

namespace lectern::server {

/// The groups of the configuration: an address for each live path, in the order of the file. Asked once a
/// DESCRIBE or SETUP.
class MulticastGroups {
 public:
  explicit MulticastGroups(const Config& config);

  /// Of the live media at config.roots[root] as `told`; the same one as long as somebody holds it. nullptr
  /// where it is not sent to a group, or has more tracks than there are ports.
  std::shared_ptr<const MulticastGroup> find(std::size_t root, const media::LiveDescription& told);

 private:
  struct Place {
    std::optional<Endpoint> address;  ///< absent: nothing is sent there
    std::uint32_t generation = 0;     ///< of the description that `group` is for
    std::weak_ptr<const MulticastGroup> group;
  };

  const MulticastConfig config_;
  std::mutex mutex_;
  std::vector<Place> places_;
};

}  // namespace lectern::server
