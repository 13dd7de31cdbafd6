#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lectern::media {

/// The parts of scheme://userinfo@host:port/rest, as libavformat takes them: the authority ends at the first
/// slash, question mark or hash sign, its userinfo at the last @ in it.
struct SourceUrl {
  std::string scheme;
  std::string userinfo;  ///< as written, without the @; empty where there is none
  std::string host;      ///< without brackets
  std::optional<std::uint16_t> port;
  std::string rest;  ///< from the slash, question mark or hash sign on

  /// nullopt where there is no scheme://host, or the port is none.
  static std::optional<SourceUrl> parse(std::string_view url);
};

/// The URL for a log: without user and password, be the password written with slashes or @ that should have
/// been percent-encoded, and with *** for the values of parameters that are called password, token and the
/// like. What could be a password goes, be it part of a path.
std::string without_credentials(const std::string& url);

}  // namespace lectern::media
