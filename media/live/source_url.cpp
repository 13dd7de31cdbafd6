#include "media/live/source_url.h"

#include <algorithm>
#include <array>

#include "protocol/base/text.h"

namespace lectern::media {
namespace {

constexpr std::string_view separator = "://";

/// Parts of the names of parameters whose values are nobody's business.
constexpr std::array<std::string_view, 8> secret_names{"pass", "pwd",  "token", "secret",
                                                       "key",  "auth", "sig",   "credential"};

bool is_secret(std::string_view name) {
  const std::string lower = to_lower(name);
  return std::ranges::any_of(secret_names,
                             [&](std::string_view each) { return lower.find(each) != lower.npos; });
}

std::size_t userinfo_end(std::string_view rest) {
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto at = authority.rfind('@'); at != authority.npos) return at + 1;
  // A bracket begins an IPv6 address, and no user.
  if (authority.starts_with('[')) return 0;
  // A password that was cut by a slash of its own looks like a port, or like nothing.
  const auto at = rest.rfind('@');
  return at != rest.npos && rest.substr(0, at).find(':') != rest.npos ? at + 1 : 0;
}

/// Cameras put parameters behind slashes, too: /user=admin&password=secret.
std::string with_secrets_hidden(std::string_view text) {
  constexpr std::string_view before = "/?&;#";
  std::string shown;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(before, 1), text.size());
    const std::string_view part = text.substr(0, end);
    const std::size_t equals = part.find('=');
    if (equals != part.npos && equals + 1 < part.size() && is_secret(part.substr(0, equals)))
      shown.append(part.substr(0, equals + 1)).append("***");
    else
      shown.append(part);
    text.remove_prefix(end);
  }
  return shown;
}

}  // namespace

std::optional<SourceUrl> SourceUrl::parse(std::string_view url) {
  const std::size_t begin = url.find(separator);
  if (begin == url.npos || begin == 0) return std::nullopt;
  SourceUrl parsed;
  parsed.scheme = url.substr(0, begin);
  url.remove_prefix(begin + separator.size());
  std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  parsed.rest = url.substr(authority.size());
  if (const auto at = authority.rfind('@'); at != authority.npos) {
    parsed.userinfo = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto bracket = authority.find(']');
    if (bracket == authority.npos) return std::nullopt;
    parsed.host = authority.substr(1, bracket - 1);
    port = authority.substr(bracket + 1);
  } else {
    parsed.host = authority.substr(0, authority.find(':'));
    port = authority.substr(parsed.host.size());
  }
  if (parsed.host.empty()) return std::nullopt;
  if (port.empty()) return parsed;
  parsed.port = port.starts_with(':') ? parse_number<std::uint16_t>(port.substr(1)) : std::nullopt;
  if (!parsed.port) return std::nullopt;
  return parsed;
}

std::string without_credentials(const std::string& url) {
  const std::size_t begin = url.find(separator);
  if (begin == url.npos) return url;
  const std::string_view rest = std::string_view(url).substr(begin + separator.size());
  return url.substr(0, begin + separator.size()) + with_secrets_hidden(rest.substr(userinfo_end(rest)));
}

}  // namespace lectern::media
