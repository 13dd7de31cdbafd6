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
  /// In the place of `before`, where config.multicast is the same: a root goes on with the group of the one
  /// of `before` that `going_on` names; others have addresses that nobody else has, as far as there are any.
  MulticastGroups(const Config& config, const MulticastGroups& before,
                  const std::vector<std::optional<std::size_t>>& going_on);

  /// Of the live media at config.roots[root] as `told`; the same one as long as somebody holds it. nullptr
  /// where it is not sent to a group, or has more tracks than there are ports.
  std::shared_ptr<const MulticastGroup> find(std::size_t root, const media::LiveDescription& told);

 private:
  struct Place {
    std::mutex mutex;                 ///< guards what follows
    std::optional<Endpoint> address;  ///< absent: nothing is sent there
    std::uint32_t generation = 0;     ///< of the description that `group` is for
    std::weak_ptr<const MulticastGroup> group;
  };

  /// To those that have none.
  void give_addresses(const Config& config);

  const MulticastConfig config_;
  std::vector<std::shared_ptr<Place>> places_;
};

}  // namespace lectern::server
