#pragma once

#include <cstdint>

namespace lectern::server {

/// First and last UDP port that may be used, both included.
struct PortRange {
  std::uint16_t first = 32768;
  std::uint16_t last = 65535;

  bool operator==(const PortRange&) const = default;
};

}  // namespace lectern::server
