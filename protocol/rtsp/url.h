#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace lectern::rtsp {

enum class Scheme : std::uint8_t { rtsp, rtsps };

/// 554 (RFC 2326 section 3.2) and 322 (RFC 7826 section 4.2).
constexpr std::uint16_t default_port(Scheme scheme) {
  return scheme == Scheme::rtsp ? 554 : 322;
}

/// A request URL. Three shapes: `*` (any), a full URL (host not empty), and a bare path (is_bare).
struct Url {
  bool any = false;
  Scheme scheme = Scheme::rtsp;
  std::optional<std::string> user;      ///< decoded
  std::optional<std::string> password;  ///< decoded
  std::string host;                     ///< a name or an address; IPv6 without its brackets
  std::uint16_t port = 554;
  std::string raw_path;  ///< as it came: empty, or beginning with '/'
  std::string path;      ///< decoded; may hold a NUL, see has_nul()
  std::string query;     ///< as it came, without the '?'
  bool has_query = false;

  [[nodiscard]] bool is_bare() const { return !any && host.empty(); }
  [[nodiscard]] bool has_nul() const { return path.find('\0') != std::string::npos; }
  bool operator==(const Url&) const = default;
};

/// `*`, rtsp://, rtsps:// or a bare path that begins with '/'. '#' is a character of the path like any other:
/// RTSP sends no fragments. Errc::invalid for an empty URL, another scheme, no host, a bad port, a bad
/// escape, control characters. RFC 2326 section 3.2, RFC 3986 section 3.
Result<Url> parse_url(std::string_view text);
/// Without user and password, which belong in no answer and no log; the port only where it is not the
/// default.
std::string serialize(const Url& url);
/// A bare path on the host that a URL before it has named; any other URL as it is.
Url resolve(Url url, const Url& base);

}  // namespace lectern::rtsp
