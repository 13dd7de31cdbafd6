#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "server/net/address.h"

namespace lectern::server {

/// How many of something there may be, in all and from one peer (Endpoint::network()). Used from all loops.
class PeerLimits {
 public:
  PeerLimits(std::size_t most, std::size_t most_per_peer) : most_(most), most_per_peer_(most_per_peer) {}

  /// Counts one of `peer`'s; false, and not counted, where it is one too many.
  bool add(const Endpoint& peer);
  void remove(const Endpoint& peer);
  /// How often something was counted in or out so far.
  [[nodiscard]] std::uint64_t changes() const;
  /// Other limits, for those that come from now on.
  void limit(std::size_t most, std::size_t most_per_peer);

 private:
  mutable std::mutex mutex_;  ///< guards what follows
  std::size_t most_, most_per_peer_;
  std::size_t count_ = 0;
  std::uint64_t changes_ = 0;
  std::unordered_map<Endpoint, std::size_t> per_peer_;
};

}  // namespace lectern::server
