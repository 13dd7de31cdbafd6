#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>

#include "server/net/address.h"

namespace lectern::server {

/// How many connections there may be, in all and from one address. Used from all loops.
class ConnectionLimits {
 public:
  ConnectionLimits(std::size_t most, std::size_t most_per_address)
      : most_(most), most_per_address_(most_per_address) {}

  /// Counts a connection of `peer`'s; false, and not counted, where it is one too many.
  bool add(const Endpoint& peer);
  void remove(const Endpoint& peer);

 private:
  using Octets = std::array<std::uint8_t, 16>;

  const std::size_t most_, most_per_address_;
  std::mutex mutex_;
  std::size_t count_ = 0;
  std::map<Octets, std::size_t> per_address_;
};

}  // namespace lectern::server
