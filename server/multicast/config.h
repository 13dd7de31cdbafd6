#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/access/network.h"

namespace lectern::server {

/// Whether, and where, live media are sent once for all who listen.
struct MulticastConfig {
  std::optional<Network> range;  ///< of groups, one a path; absent: nothing is sent to any
  std::uint16_t port = 5004;     ///< of the first track's RTP, even; the others follow in pairs
  std::uint8_t ttl = 1;          ///< how many networks it passes: 1 is the one that the server is in
  std::string interface;         ///< by name; empty: as the system's routes say

  bool operator==(const MulticastConfig&) const = default;
};

}  // namespace lectern::server
