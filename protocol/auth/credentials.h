#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/auth/algorithm.h"
#include "protocol/base/result.h"

namespace lectern::auth {

/// RFC 7617.
struct BasicCredentials {
  std::string user, password;
  bool operator==(const BasicCredentials&) const = default;
};

/// RFC 7616 section 3.4; without `counted` the form of RFC 2069, which GStreamer and live555 send.
struct DigestCredentials {
  std::string user, realm, nonce;
  std::string uri;       ///< as it came: it is hashed as it is
  std::string response;  ///< hexadecimal, lower case
  Algorithm algorithm = Algorithm::md5;
  /// qop=auth
  struct Counted {
    std::uint32_t nc = 0;  ///< from 1 on
    std::string cnonce;
    bool operator==(const Counted&) const = default;
  };
  std::optional<Counted> counted;
  bool operator==(const DigestCredentials&) const = default;
};

using Credentials = std::variant<BasicCredentials, DigestCredentials>;

inline constexpr std::size_t max_user = 256, max_password = 1024;

/// The value of an Authorization header. Errc::unsupported for another scheme, algorithm or qop than those
/// that are offered; Errc::invalid for missing or repeated parameters, bad quoting, control characters;
/// Errc::too_large past the limits. No error repeats what was sent.
Result<Credentials> parse_credentials(std::string_view header);
std::string serialize(const Credentials& credentials);

/// nc as it is sent and hashed: eight hexadecimal digits.
std::string nc_text(std::uint32_t nc);

/// Whom they name.
const std::string& user_of(const Credentials& credentials);

}  // namespace lectern::auth
