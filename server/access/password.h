#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/auth/algorithm.h"
#include "protocol/base/result.h"

namespace lectern::server {

/// As the configuration has it, in the clear.
struct PlainPassword {
  std::string text;
  bool operator==(const PlainPassword&) const = default;
};

/// "ha1-md5:" or "ha1-sha256:" and H(user:realm:password) of RFC 7616 section 3.4.2: for Digest of this
/// algorithm, and for Basic.
struct Ha1Password {
  auth::Algorithm algorithm = auth::Algorithm::md5;
  std::string ha1;  ///< hexadecimal, lower case
  bool operator==(const Ha1Password&) const = default;
};

/// "argon2id:" and the encoded form of RFC 9106's reference ("$argon2id$v=19$m=…,t=…,p=…$salt$hash"): for
/// Basic alone.
struct Argon2Password {
  std::string encoded;
  bool operator==(const Argon2Password&) const = default;
};

using Password = std::variant<PlainPassword, Ha1Password, Argon2Password>;

/// Errc::invalid; no error repeats what was written. A password in the clear that begins like one of the
/// other forms must be written as one of them.
Result<Password> parse_password(std::string_view text);

/// The HA1 that Digest needs; nullopt where the form does not give it for this algorithm.
std::optional<std::string> ha1_of(const Password& password, auth::Algorithm algorithm, std::string_view user,
                                  std::string_view realm);

/// Takes as long as the hash was made to take: never on a loop.
bool check_argon2(const std::string& encoded, std::string_view given);

}  // namespace lectern::server
