#include "server/config/config.h"

#include <algorithm>
#include <thread>

namespace lectern::server {

std::string tls_address(const Config& config) {
  if (config.tls_listen) return *config.tls_listen;
  if (config.listen == listen_off) return ':' + std::to_string(default_tls_port);
  const std::size_t colon = config.listen.rfind(':');
  const std::string address = colon == std::string::npos ? "" : config.listen.substr(0, colon);
  const bool any_port = config.listen.ends_with(":0");
  return address + ':' + std::to_string(any_port ? 0 : default_tls_port);
}

Status check_listening(const Config& config) {
  if (config.listen == listen_off && tls_address(config) == listen_off)
    return invalid("listen and tls_listen are both off, so nothing is served");
  if (!config.tls_key.empty() && config.tls_certificate.empty())
    return invalid("tls_key is given without tls_certificate");
  return {};
}

unsigned loop_count(const Config& config) {
  if (config.loops > 0) return config.loops;
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  return config.udp_ports ? std::clamp(config.udp_ports->pairs(), 1u, cores) : cores;
}

SrtpPolicy srtp_policy(const Config& config, const PathRoot& root) {
  return {root.srtp.value_or(config.srtp.mode), root.srtp_suite.value_or(config.srtp.suite),
          root.allow_clear_keys.value_or(config.srtp.allow_clear_keys)};
}

bool is_multicast(const Config& config, const PathRoot& root) {
  return config.multicast.range && root.is_live() && root.live.multicast;
}

std::uint64_t multicast_paths(const Config& config) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(config.roots, [&](const PathRoot& root) { return is_multicast(config, root); }));
}

std::uint64_t multicast_groups(const Config& config) {
  const std::uint64_t size = config.multicast.range ? config.multicast.range->size() : 0;
  return size > 1 ? size - 1 : size;
}

}  // namespace lectern::server
