#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "protocol/auth/algorithm.h"
#include "protocol/base/result.h"

namespace lectern::auth {

/// RFC 7617 section 2.
struct BasicChallenge {
  std::string realm;
  bool operator==(const BasicChallenge&) const = default;
};

/// RFC 7616 section 3.3, with qop="auth".
struct DigestChallenge {
  std::string realm, nonce;
  Algorithm algorithm = Algorithm::md5;
  bool stale = false;  ///< the password was right, the nonce is too old
  bool operator==(const DigestChallenge&) const = default;
};

using Challenge = std::variant<BasicChallenge, DigestChallenge>;

/// The value of a WWW-Authenticate header with one challenge. live555 reads realm, nonce and stale in this
/// order and no other.
std::string serialize(const Challenge& challenge);
/// Errc::unsupported for another scheme or algorithm, Errc::invalid for what breaks the format.
Result<Challenge> parse_challenge(std::string_view header);

}  // namespace lectern::auth
