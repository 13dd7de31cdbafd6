#include "server/config/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/config/values.h"

namespace lectern::server {
namespace {

using std::filesystem::path;

template <typename Value, typename Parsed>
Status assign(Value& target, Result<Parsed> parsed) {
  if (!parsed) return std::move(parsed).error();
  target = static_cast<Value>(std::move(parsed).value());
  return {};
}

template <unsigned Config::*member, unsigned least>
Status set_count(Config& config, std::string_view text, const path&) {
  return assign(config.*member, parse_count(text, least, 1'000'000));
}

template <std::chrono::seconds Config::*member>
Status set_time(Config& config, std::string_view text, const path&) {
  auto seconds = parse_duration(text);
  // A day is as good as for ever: what is gone would be kept.
  const bool fits = seconds && seconds->count() >= 1 && seconds->count() <= 86'400;
  if (seconds && !fits) return invalid("must be from 1s to 24h");
  return assign(config.*member, std::move(seconds));
}

constexpr std::array config_table{
    Key<Config>{"listen", "ADDR:PORT|off", "where RTSP is served; without ADDR on all addresses (:8554)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.listen, parse_listen_or_off(text));
                }},
    Key<Config>{"tls_listen", "ADDR:PORT|off", "where RTSPS is served (the address of listen, port 8322)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.tls_listen, parse_listen_or_off(text));
                }},
    Key<Config>{"tls_certificate", "FILE", "PEM, with its chain (one that is made and kept)",
                [](Config& config, std::string_view text, const path& base) {
                  return assign(config.tls_certificate, parse_source(text, base));
                }},
    Key<Config>{"tls_key", "FILE", "PEM, without a passphrase (in the file of tls_certificate)",
                [](Config& config, std::string_view text, const path& base) {
                  return assign(config.tls_key, parse_source(text, base));
                }},
    Key<Config>{"state_directory", "PATH", "where the server keeps what it makes (~/.local/state/lectern)",
                [](Config& config, std::string_view text, const path& base) {
                  return assign(config.state_directory, parse_directory(text, base));
                }},
    Key<Config>{"cache", "SIZE", "memory for media that viewers share (256MiB)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.cache, parse_size(text));
                }},
    Key<Config>{"loops", "COUNT", "threads that serve viewers; 0 is one a core (0)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.loops, parse_count(text, 0, 1024));
                }},
    Key<Config>{"udp_ports", "FIRST-LAST", "UDP ports to send from, a pair a loop, for a firewall (any)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.udp_ports, parse_port_range(text));
                }},
    Key<Config>{"session_timeout", "TIME", "how long a silent viewer keeps its session (60s)",
                set_time<&Config::session_timeout>},
    Key<Config>{"pause_timeout", "TIME", "how long a viewer over TCP may pause without a word (1h)",
                set_time<&Config::pause_timeout>},
    Key<Config>{"request_timeout", "TIME", "how long a request may take to arrive (15s)",
                set_time<&Config::request_timeout>},
    Key<Config>{"idle_timeout", "TIME", "how long a connection without a session may stay silent (2min)",
                set_time<&Config::idle_timeout>},
    Key<Config>{"tls_handshake_timeout", "TIME", "how long a TLS handshake may take (10s)",
                set_time<&Config::tls_handshake_timeout>},
    Key<Config>{"max_sessions", "COUNT", "viewers at most (10000)", set_count<&Config::max_sessions, 1>},
    Key<Config>{"max_sessions_per_address", "COUNT", "viewers at one address at most (2000)",
                set_count<&Config::max_sessions_per_address, 1>},
    Key<Config>{"max_connections", "COUNT", "TCP connections at most (10000)",
                set_count<&Config::max_connections, 1>},
    Key<Config>{"max_connections_per_address", "COUNT", "TCP connections of one address at most (2000)",
                set_count<&Config::max_connections_per_address, 1>},
    Key<Config>{"max_tls_handshakes", "COUNT", "TLS handshakes at once at most (256)",
                set_count<&Config::max_tls_handshakes, 1>},
    Key<Config>{"packet_size", "BYTES", "RTP payload in a packet at most, 500 to 1460 (1388)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.packet_size, parse_count(text, 500, 1460));
                }},
    Key<Config>{"log_level", "LEVEL", "trace, debug, info, warning, error or off (info)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.log_level, parse_log_level(text));
                }},
};

constexpr std::array path_table{
    Key<PathRoot>{"source", "PATH", "the file or directory served under rtsp://host/NAME",
                  [](PathRoot& root, std::string_view text, const path& base) {
                    return assign(root.source, parse_source(text, base));
                  }},
};

std::string describe(std::string_view name, std::string_view form, std::string_view help) {
  return fmt::format("  {:<42} {}\n", fmt::format("{}: {}", name, form), help);
}

}  // namespace

std::span<const Key<Config>> config_keys() {
  return config_table;
}

std::span<const Key<PathRoot>> path_keys() {
  return path_table;
}

Status set_key(Config& config, std::string_view name, std::string_view text) {
  const auto key = std::ranges::find(config_table, name, &Key<Config>::name);
  if (key == config_table.end()) return Error{Errc::internal, "no such key"};
  return key->set(config, text, {});
}

std::string describe_keys() {
  std::string out;
  for (const auto& key : config_table) out += describe(key.name, key.form, key.help);
  for (const auto& key : path_table)
    out += describe(fmt::format("paths.NAME.{}", key.name), key.form, key.help);
  return out;
}

}  // namespace lectern::server
