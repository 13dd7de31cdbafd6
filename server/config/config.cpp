#include "server/config/config.h"

#include <algorithm>
#include <thread>

namespace lectern::server {

unsigned loop_count(const Config& config) {
  if (config.loops > 0) return config.loops;
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  return config.udp_ports ? std::clamp(config.udp_ports->pairs(), 1u, cores) : cores;
}

}  // namespace lectern::server
