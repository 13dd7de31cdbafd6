#pragma once

#include <cstdint>

namespace lectern::bench {

/// What a process has used so far.
struct ProcessUsage {
  double cpu_seconds = 0;      ///< user and system, of all its threads, the ended ones too
  std::uint64_t resident = 0;  ///< bytes
};

/// Throws std::runtime_error where there is no such process.
ProcessUsage usage_of(int pid);

}  // namespace lectern::bench
