#pragma once

#include <cstdint>
#include <string>

#include "tests/support/server_process.h"

namespace lectern::test {

/// What a server holds at one instant.
struct Usage {
  std::uint64_t resident = 0;  ///< bytes
  std::size_t descriptors = 0;
  double cpu_seconds = 0;  ///< so far
};
Usage usage_of(const ServerProcess& server);

/// "12.3 MiB".
std::string mebibytes(std::uint64_t bytes);

}  // namespace lectern::test
