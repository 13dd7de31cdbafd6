#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"
#include "protocol/payload/packetizer.h"
#include "protocol/rtp/stream_start.h"
#include "server/access/http_check.h"
#include "server/access/user.h"
#include "server/log/level.h"
#include "server/multicast/config.h"
#include "server/net/port_range.h"
#include "server/paths/live_config.h"
#include "server/srtp/policy.h"

namespace lectern::server {

/// A file, a directory or live media, and the place it has in URLs: "lectures" is rtsp://host/lectures,
/// nothing is the top. Where roots overlap, the longest name comes first, then the earlier root.
struct PathRoot {
  std::string name;  ///< segments joined with '/', none empty, "." or ".."; decoded, not percent-encoded
  std::filesystem::path source;
  AddressRules addresses{};  ///< for all below the name, also where another root serves it
  // Where absent, what Config::srtp says.
  std::optional<SrtpMode> srtp{};
  std::optional<srtp::Suite> srtp_suite{};
  std::optional<bool> allow_clear_keys{};
  LiveConfig live{};

  [[nodiscard]] bool is_live() const { return live.loop || live.publish || !live.url.empty(); }

  bool operator==(const PathRoot&) const = default;
};

/// In the place of an address to listen on: not at all.
constexpr std::string_view listen_off = "off";
constexpr std::uint16_t default_tls_port = 8322;

/// What `lectern serve` runs with. The defaults stand here; what a key means stands in schema.cpp.
struct Config {
  std::string listen = ":8554";  ///< ADDR:PORT; no address is every address; "off"
  /// The same for RTSPS; absent: the address of `listen`, default_tls_port, and no failure where that is
  /// taken.
  std::optional<std::string> tls_listen;
  std::filesystem::path tls_certificate;  ///< PEM with its chain; empty: one that is made here
  std::filesystem::path tls_key;          ///< PEM; empty: in tls_certificate
  std::filesystem::path state_directory;  ///< empty: see server/state_directory.h
  std::vector<PathRoot> roots;
  std::uint64_t cache = 256ull << 20;  ///< bytes
  unsigned loops = 0;                  ///< 0: one a core
  std::optional<PortRange>
      udp_ports;  ///< absent: the system chooses; the first is even (RFC 3550 section 11)
  std::chrono::seconds session_timeout{60};
  std::chrono::seconds pause_timeout{3600};
  std::chrono::seconds request_timeout{15};
  std::chrono::seconds idle_timeout{120};
  std::chrono::seconds tls_handshake_timeout{10};
  unsigned max_sessions = 10'000;
  unsigned max_sessions_per_address = 2'000;
  unsigned max_sessions_per_user = 1'000;
  unsigned max_connections = 10'000;
  unsigned max_connections_per_address = 2'000;
  unsigned max_tls_handshakes = 256;                  ///< at once
  unsigned max_request_rate = 100;                    ///< requests a second of a connection
  std::uint64_t max_bandwidth = 0;                    ///< bits a second in all; 0: any
  std::uint64_t max_session_bandwidth = 500'000'000;  ///< bits a second of a viewer; 0: any
  std::size_t max_header_size = 32 * 1024;            ///< bytes
  std::size_t max_body_size = 128 * 1024;             ///< bytes
  std::string user;                                   ///< NAME or NAME:GROUP to become; empty: nobody else
  std::size_t packet_size = payload::default_max_payload;  ///< bytes of RTP payload
  rtp::StreamStart stream_start;                           ///< of each viewer's streams
  SrtpPolicy srtp;                                         ///< of paths that do not say otherwise
  LogLevel log_level = LogLevel::info;
  bool watch = false;                         ///< reload where the file has changed
  std::vector<std::string> source_protocols;  ///< schemes that live media is pulled by; empty: all there are
  AddressRules addresses, tls_addresses;      ///< of who may connect at all, to RTSP and to RTSPS
  std::vector<User> users;                    ///< none, and no auth.http: everything is open to everyone
  std::string realm = "Lectern";
  bool basic_over_plain = false;
  HttpCheckConfig auth;
  MulticastConfig multicast;

  bool operator==(const Config&) const = default;
};

/// Where RTSPS is served, as ADDR:PORT or listen_off: tls_listen, else the address of `listen` with
/// default_tls_port, or with any port where `listen` has any.
std::string tls_address(const Config& config);

/// Keys that do not go together; the error names them.
Status check_listening(const Config& config);

/// How many loops there will be: where none are asked for one a core, as far as udp_ports has a pair for
/// each.
unsigned loop_count(const Config& config);

/// Whether the live media of a path is sent to a group, too.
bool is_multicast(const Config& config, const PathRoot& root);

/// How many paths are, and for how many there are groups.
std::uint64_t multicast_paths(const Config& config);
std::uint64_t multicast_groups(const Config& config);

/// What holds for a path.
SrtpPolicy srtp_policy(const Config& config, const PathRoot& root);

}  // namespace lectern::server
