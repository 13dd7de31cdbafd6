#include "protocol/rtsp/url.h"

#include <algorithm>

#include "protocol/base/text.h"
#include "protocol/rtsp/percent.h"

namespace lectern::rtsp {
namespace {

Status parse_userinfo(std::string_view text, Url& url) {
  const auto halves = split_once(text, ':');
  auto user = percent_decode(halves ? halves->first : text);
  if (!user) return std::move(user).error();
  url.user = *std::move(user);
  if (!halves) return {};
  auto password = percent_decode(halves->second);
  if (!password) return std::move(password).error();
  url.password = *std::move(password);
  return {};
}

Status parse_port(std::string_view text, Url& url) {
  if (text.empty()) return {};
  const auto port = parse_number<std::uint16_t>(text);
  if (!port || *port == 0) return invalid("URL: bad port");
  url.port = *port;
  return {};
}

bool is_host_character(char c) {
  return static_cast<unsigned char>(c) > ' ' &&
         std::string_view{"[]<>\"\\^`{|}@"}.find(c) == std::string_view::npos;
}

Status parse_host_port(std::string_view text, Url& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return invalid("URL: '[' without ']'");
    url.host = text.substr(1, end - 1);
    if (url.host.find(':') == std::string::npos) return invalid("URL: no IPv6 address in the brackets");
    const std::string_view after = text.substr(end + 1);
    if (!after.empty() && after.front() != ':') return invalid("URL: junk after ']'");
    if (!after.empty()) port = after.substr(1);
  } else {
    const auto halves = split_once(text, ':');
    url.host = halves ? halves->first : text;
    if (halves) port = halves->second;
  }
  if (url.host.empty()) return invalid("URL: no host");
  if (!std::all_of(url.host.begin(), url.host.end(), is_host_character)) return invalid("URL: bad host");
  return parse_port(port, url);
}

Status parse_path_query(std::string_view text, Url& url) {
  const auto halves = split_once(text, '?');
  url.raw_path = halves ? halves->first : text;
  url.has_query = halves.has_value();
  if (halves) url.query = halves->second;
  auto path = percent_decode(url.raw_path);
  if (!path) return std::move(path).error();
  url.path = *std::move(path);
  return {};
}

Status parse_authority(std::string_view text, Url& url) {
  // The last '@', as cameras' passwords come with '@' in them, not encoded.
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    if (auto status = parse_userinfo(text.substr(0, at), url); !status) return status;
    text.remove_prefix(at + 1);
  }
  return parse_host_port(text, url);
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  Url url;
  if (text.empty()) return invalid("URL: empty");
  if (std::any_of(text.begin(), text.end(), is_control)) return invalid("URL: control character");
  if (text == "*") {
    url.any = true;
    return url;
  }
  if (!text.starts_with('/')) {
    const std::size_t scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) return invalid("URL: neither a scheme nor a path");
    const std::string_view scheme = text.substr(0, scheme_end);
    if (equals_ignoring_case(scheme, "rtsps"))
      url.scheme = Scheme::rtsps;
    else if (!equals_ignoring_case(scheme, "rtsp"))
      return invalid("URL: the scheme is not rtsp or rtsps");
    url.port = default_port(url.scheme);
    text.remove_prefix(scheme_end + 3);
    const std::string_view authority = text.substr(0, text.find_first_of("/?"));
    if (auto status = parse_authority(authority, url); !status) return std::move(status).error();
    text.remove_prefix(authority.size());
  }
  if (auto status = parse_path_query(text, url); !status) return std::move(status).error();
  return url;
}

std::string serialize(const Url& url) {
  if (url.any) return "*";
  std::string text;
  if (!url.is_bare()) {
    text = url.scheme == Scheme::rtsp ? "rtsp://" : "rtsps://";
    const bool ipv6 = url.host.find(':') != std::string::npos;
    text += ipv6 ? '[' + url.host + ']' : url.host;
    if (url.port != default_port(url.scheme)) text += ':' + std::to_string(url.port);
  }
  text += url.raw_path;
  if (url.has_query) text += '?' + url.query;
  return text;
}

Url resolve(Url url, const Url& base) {
  if (!url.is_bare()) return url;
  url.scheme = base.scheme;
  url.user = base.user;
  url.password = base.password;
  url.host = base.host;
  url.port = base.port;
  return url;
}

}  // namespace lectern::rtsp
