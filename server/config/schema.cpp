#include "server/config/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/config/secrets.h"
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

template <typename Value>
Status append(std::vector<Value>& list, Result<Value> parsed) {
  if (!parsed) return std::move(parsed).error();
  list.push_back(std::move(parsed).value());
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

template <std::size_t Config::*member, std::size_t least, std::size_t most>
Status set_size(Config& config, std::string_view text, const path&) {
  return assign(config.*member, parse_size_within(text, least, most));
}

template <std::uint64_t Config::*member>
Status set_bit_rate(Config& config, std::string_view text, const path&) {
  return assign(config.*member, parse_bit_rate(text));
}

template <AddressRules Config::*rules, std::vector<Network> AddressRules::*list>
Status add_network(Config& config, std::string_view text, const path&) {
  return append(config.*rules.*list, Network::parse(text));
}

template <std::vector<Network> AddressRules::*list>
Status add_path_network(PathRoot& root, std::string_view text, const path&) {
  return append(root.addresses.*list, Network::parse(text));
}

template <Action action>
Status add_pattern(User& user, std::string_view text, const path&) {
  return append(user.permissions[static_cast<std::size_t>(action)], PathPattern::parse(text));
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
    Key<Config>{"max_sessions_per_user", "COUNT", "viewers that one user has logged in at most (1000)",
                set_count<&Config::max_sessions_per_user, 1>},
    Key<Config>{"max_connections", "COUNT", "TCP connections at most (10000)",
                set_count<&Config::max_connections, 1>},
    Key<Config>{"max_connections_per_address", "COUNT", "TCP connections of one address at most (2000)",
                set_count<&Config::max_connections_per_address, 1>},
    Key<Config>{"max_tls_handshakes", "COUNT", "TLS handshakes at once at most (256)",
                set_count<&Config::max_tls_handshakes, 1>},
    Key<Config>{"max_bandwidth", "RATE", "media a second in all at most: 500Mbit, 10Gbit, none (none)",
                set_bit_rate<&Config::max_bandwidth>},
    Key<Config>{"max_session_bandwidth", "RATE", "media a second to one viewer at most (500Mbit)",
                set_bit_rate<&Config::max_session_bandwidth>},
    Key<Config>{"max_request_rate", "COUNT", "requests a second that a connection is answered (100)",
                set_count<&Config::max_request_rate, 1>},
    Key<Config>{"max_header_size", "SIZE", "the head of a request at most, 1KiB to 1MiB (32KiB)",
                set_size<&Config::max_header_size, 1 << 10, 1 << 20>},
    Key<Config>{"max_body_size", "SIZE", "the body of a request at most, 1KiB to 16MiB (128KiB)",
                set_size<&Config::max_body_size, 1 << 10, 16 << 20>},
    Key<Config>{"packet_size", "BYTES", "RTP payload in a packet at most, 500 to 1460 (1388)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.packet_size, parse_count(text, 500, 1460));
                }},
    Key<Config>{"first_sequence", "NUMBER",
                "to test players: the first RTP sequence number, 0 to 65535 (random)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.stream_start.sequence, parse_count(text, 0, 0xffff));
                }},
    Key<Config>{"first_timestamp", "NUMBER",
                "to test players: the first RTP time stamp, 0 to 4294967295 (random)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.stream_start.timestamp, parse_count(text, 0, 0xffffffff));
                }},
    Key<Config>{"srtp", "MODE", "off, optional, required or sdes, for paths that do not say (optional)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.srtp.mode, parse_srtp_mode(text));
                }},
    Key<Config>{"srtp_suite", "NAME", "the SRTP suite that is offered (AES_CM_128_HMAC_SHA1_80)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.srtp.suite, parse_srtp_suite(text));
                }},
    Key<Config>{"allow_clear_keys", "yes|no", "a=crypto over plain RTSP too, where srtp is sdes (no)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.srtp.allow_clear_keys, parse_switch(text));
                }},
    Key<Config>{"source_protocols", "PROTOCOLS", "what live media may be pulled by (all that are known)",
                [](Config& config, std::string_view text, const path&) {
                  return append(config.source_protocols, parse_source_protocol(text));
                },
                true},
    Key<Config>{"user", "NAME[:GROUP]",
                "who the server is to be once root has opened its ports (nobody else)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.user, parse_system_user(text));
                }},
    Key<Config>{"log_level", "LEVEL", "trace, debug, info, warning, error or off (info)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.log_level, parse_log_level(text));
                }},
    Key<Config>{"watch", "yes|no", "reloads this file when it has changed, as SIGHUP does (no)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.watch, parse_switch(text));
                }},
    Key<Config>{"allow", "NETWORKS", "who may connect, and nobody else (everyone)",
                add_network<&Config::addresses, &AddressRules::allow>, true},
    Key<Config>{"deny", "NETWORKS", "who may not connect, whatever allow says (nobody)",
                add_network<&Config::addresses, &AddressRules::deny>, true},
    Key<Config>{"tls_allow", "NETWORKS", "the same as allow for RTSPS (everyone)",
                add_network<&Config::tls_addresses, &AddressRules::allow>, true},
    Key<Config>{"tls_deny", "NETWORKS", "the same as deny for RTSPS (nobody)",
                add_network<&Config::tls_addresses, &AddressRules::deny>, true},
    Key<Config>{"realm", "NAME", "what players show where they ask for a password (Lectern)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.realm, parse_realm(text));
                }},
    Key<Config>{"basic_over_plain", "yes|no", "lets passwords be sent in the clear without TLS (no)",
                [](Config& config, std::string_view text, const path&) {
                  return assign(config.basic_over_plain, parse_switch(text));
                }},
};

template <std::chrono::seconds LiveConfig::*member>
Status set_live_time(PathRoot& root, std::string_view text, const path&) {
  return assign(root.live.*member, parse_duration_within(text, 1, 86'400));
}

constexpr std::array path_table{
    Key<PathRoot>{
        "source", "PATH|URL",
        "what is served under rtsp://host/NAME: a file, a directory, rtsp://…, v4l2:/dev/video0, pattern",
        [](PathRoot& root, std::string_view text, const path& base) {
          if (is_live_source(text)) return assign(root.live.url, parse_live_source(text));
          return assign(root.source, parse_source(text, base));
        }},
    Key<PathRoot>{"loop", "yes|no", "the file as a live channel, again and again (no)",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.live.loop, parse_switch(text));
                  }},
    Key<PathRoot>{"publish", "yes|no",
                  "in place of source: what is published to it by ANNOUNCE and RECORD (no)",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.live.publish, parse_switch(text));
                  }},
    Key<PathRoot>{"publish_takeover", "yes|no",
                  "who publishes takes the place of who did, and is not refused (no)",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.live.publish_takeover, parse_switch(text));
                  }},
    Key<PathRoot>{"on_demand", "yes|no", "live media is pulled only while somebody watches (no)",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.live.on_demand, parse_switch(text));
                  }},
    Key<PathRoot>{"close_after", "TIME", "how long it is still pulled after the last viewer left (10s)",
                  set_live_time<&LiveConfig::close_after>},
    Key<PathRoot>{"start_timeout", "TIME", "how long the first viewer waits for it; 504 after that (10s)",
                  set_live_time<&LiveConfig::start_timeout>},
    Key<PathRoot>{"read_timeout", "TIME", "without a packet for so long a camera is taken for dead (10s)",
                  set_live_time<&LiveConfig::read_timeout>},
    Key<PathRoot>{"transport", "tcp|udp|http",
                  "how a camera is asked over RTSP (udp, and tcp where nothing comes)",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.live.transport, parse_word(text, {"tcp", "udp", "http"}));
                  }},
    Key<PathRoot>{"size", "WIDTHxHEIGHT", "of the pictures of v4l2: and pattern (1280x720)",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.live.size, parse_picture_size(text));
                  }},
    Key<PathRoot>{"rate", "COUNT", "pictures a second of v4l2: and pattern, 1 to 120 (25)",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.live.rate, parse_count(text, 1, 120));
                  }},
    Key<PathRoot>{"fallback", "FILE|card", "what viewers see while the camera is away (nothing)",
                  [](PathRoot& root, std::string_view text, const path& base) {
                    root.live.card = text == "card";
                    if (root.live.card) return Status();
                    return assign(root.live.fallback, parse_source(text, base));
                  }},
    Key<PathRoot>{"tls_verify", "yes|no", "whether a camera's certificate has to be a trusted one (no)",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.live.tls_verify, parse_switch(text));
                  }},
    Key<PathRoot>{"tls_fingerprint", "SHA256", "the certificate that a camera has to show (any)",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.live.tls_fingerprint, parse_fingerprint(text));
                  }},
    Key<PathRoot>{"key_scope", "session|stream",
                  "stream: SRTP of live media is made once for all viewers, who share a key (session)",
                  [](PathRoot& root, std::string_view text, const path&) {
                    auto word = parse_word(text, {"session", "stream"});
                    if (!word) return Status(std::move(word).error());
                    root.live.shared_key = *word == "stream";
                    return Status();
                  }},
    Key<PathRoot>{
        "latency", "normal|low",
        "low: viewers begin with the next key frame, not the newest, and sound waits for no picture (normal)",
        [](PathRoot& root, std::string_view text, const path&) {
          auto word = parse_word(text, {"normal", "low"});
          if (!word) return Status(std::move(word).error());
          root.live.latency = *word == "low" ? Latency::low : Latency::normal;
          return Status();
        }},
    Key<PathRoot>{"multicast", "yes|no", "no: never sent to a group (yes, where multicast is configured)",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.live.multicast, parse_switch(text));
                  }},
    Key<PathRoot>{"srtp", "MODE", "as above, for this path",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.srtp, parse_srtp_mode(text));
                  }},
    Key<PathRoot>{"srtp_suite", "NAME", "as above, for this path",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.srtp_suite, parse_srtp_suite(text));
                  }},
    Key<PathRoot>{"allow_clear_keys", "yes|no", "as above, for this path",
                  [](PathRoot& root, std::string_view text, const path&) {
                    return assign(root.allow_clear_keys, parse_switch(text));
                  }},
    Key<PathRoot>{"allow", "NETWORKS", "who may ask for it, and nobody else (everyone)",
                  add_path_network<&AddressRules::allow>, true},
    Key<PathRoot>{"deny", "NETWORKS", "who may not ask for it, whatever allow says (nobody)",
                  add_path_network<&AddressRules::deny>, true},
};

constexpr std::array user_table{
    Key<User>{"password", "PASSWORD", "the password, ha1-md5:…, ha1-sha256:… or argon2id:…",
              [](User& user, std::string_view text, const path&) {
                return append(user.passwords, parse_password(text));
              },
              true},
    Key<User>{"password_from_env", "VARIABLE", "the environment variable that holds it",
              [](User& user, std::string_view text, const path&) {
                return append(user.passwords, password_from_env(text));
              }},
    Key<User>{"password_from_file", "PATH", "the file that holds it",
              [](User& user, std::string_view text, const path& base) {
                return append(user.passwords, password_from_file(text, base));
              }},
    Key<User>{"read", "PATTERNS", "the paths that may be played", add_pattern<Action::read>, true},
    Key<User>{"publish", "PATTERNS", "the paths that may be published to", add_pattern<Action::publish>,
              true},
    Key<User>{"admin", "PATTERNS", "the paths that may be administered", add_pattern<Action::admin>, true},
    Key<User>{"networks", "NETWORKS", "where the user may come from (anywhere)",
              [](User& user, std::string_view text, const path&) {
                return append(user.networks, Network::parse(text));
              },
              true},
};

constexpr std::array auth_table{
    Key<HttpCheckConfig>{"http", "URL", "who is asked about those that users does not permit",
                         [](HttpCheckConfig& auth, std::string_view text, const path&) {
                           return assign(auth.http, parse_http_url(text));
                         }},
    Key<HttpCheckConfig>{"cache", "TIME", "how long an answer holds; 0 asks each time (30s)",
                         [](HttpCheckConfig& auth, std::string_view text, const path&) {
                           return assign(auth.cache, parse_duration_within(text, 0, 86'400));
                         }},
    Key<HttpCheckConfig>{"timeout", "TIME", "how long an answer may take (5s)",
                         [](HttpCheckConfig& auth, std::string_view text, const path&) {
                           return assign(auth.timeout, parse_duration_within(text, 1, 60));
                         }},
};

constexpr std::array multicast_table{
    Key<MulticastConfig>{"range", "NETWORK", "the groups that live media is sent to, one a path",
                         [](MulticastConfig& multicast, std::string_view text, const path&) {
                           return assign(multicast.range, parse_group_range(text));
                         }},
    Key<MulticastConfig>{"port", "PORT", "of the first track, even; the others follow in pairs (5004)",
                         [](MulticastConfig& multicast, std::string_view text, const path&) {
                           return assign(multicast.port, parse_group_port(text));
                         }},
    Key<MulticastConfig>{"ttl", "COUNT", "how many networks it passes, 1 to 255 (1)",
                         [](MulticastConfig& multicast, std::string_view text, const path&) {
                           return assign(multicast.ttl, parse_count(text, 1, 255));
                         }},
    Key<MulticastConfig>{"interface", "NAME", "the network interface to send by (as the routes say)",
                         [](MulticastConfig& multicast, std::string_view text, const path&) {
                           return assign(multicast.interface, parse_interface(text));
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

std::span<const Key<User>> user_keys() {
  return user_table;
}

std::span<const Key<HttpCheckConfig>> auth_keys() {
  return auth_table;
}

std::span<const Key<MulticastConfig>> multicast_keys() {
  return multicast_table;
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
  for (const auto& key : user_table)
    out += describe(fmt::format("users.NAME.{}", key.name), key.form, key.help);
  for (const auto& key : auth_table) out += describe(fmt::format("auth.{}", key.name), key.form, key.help);
  for (const auto& key : multicast_table)
    out += describe(fmt::format("multicast.{}", key.name), key.form, key.help);
  return out;
}

}  // namespace lectern::server
