#include "server/config/config.h"

#include <algorithm>
#include <thread>

namespace lectern::server {

unsigned loop_count(const Config& config) {
  if (config.loops > 0) return config.loops;
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  return config.udp_ports ? std::clamp(config.udp_ports->pairs(), 1u, cores) : cores;
}

SrtpPolicy srtp_policy(const Config& config, const PathRoot& root) {
  return {root.srtp.value_or(config.srtp.mode), root.srtp_suite.value_or(config.srtp.suite),
          root.allow_clear_keys.value_or(config.srtp.allow_clear_keys)};
}

}  // namespace lectern::server
