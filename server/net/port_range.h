#pragma once

#include <cstdint>

namespace lectern::server {

/// First and last UDP port that may be used, both included.
struct PortRange {
  std::uint16_t first = 32768;
  std::uint16_t last = 65535;

  /// Even ports with the next one.
  [[nodiscard]] unsigned pairs() const {
    const unsigned even = (first + 1u) / 2 * 2;
    return last < even ? 0 : (last - even + 1u) / 2;
  }

  bool operator==(const PortRange&) const = default;
};

}  // namespace lectern::server
