#include "tests/floods/usage.h"

#include <spdlog/fmt/fmt.h>

#include "tests/bench/load/process_usage.h"

namespace lectern::test {

Usage usage_of(const ServerProcess& server) {
  const auto used = bench::usage_of(server.pid());
  return {used.resident, server.open_descriptors(), used.cpu_seconds};
}

std::string mebibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / 1048576);
}

}  // namespace lectern::test
