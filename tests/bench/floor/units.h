#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lectern::bench {

/// When an access unit is due and how large it is.
struct TimedUnit {
  std::int64_t due_us = 0;  ///< dts, from the first unit on
  std::size_t size = 0;
  std::size_t stream = 0;
};

/// The units of the first `seconds` of a file, in the order of their due times. Throws std::runtime_error.
std::vector<TimedUnit> read_units(const std::string& path, double seconds);

}  // namespace lectern::bench
