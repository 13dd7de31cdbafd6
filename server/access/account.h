#pragma once

#include <array>
#include <string>
#include <vector>

#include "protocol/auth/credentials.h"
#include "server/access/user.h"

namespace lectern::server {

/// A user as it logs in. What can be computed of its passwords is computed once, so that to check them takes
/// the same for every user, and for nobody().
class Account {
 public:
  /// `realm`: for which Digest and the HA1 forms hold.
  Account(User user, std::string realm);
  /// One that no password opens.
  static Account nobody(std::string realm);

  [[nodiscard]] const User& user() const { return user_; }
  /// Has a password of any form.
  [[nodiscard]] bool can_log_in() const { return !user_.passwords.empty(); }
  [[nodiscard]] bool can_use(auth::Algorithm algorithm) const;
  [[nodiscard]] bool can_use_digest() const {
    return can_use(auth::Algorithm::sha256) || can_use(auth::Algorithm::md5);
  }
  /// The encoded forms of argon2id, which are for a thread of their own.
  [[nodiscard]] const std::vector<std::string>& argon2() const { return argon2_; }

  /// Whether Digest credentials for a request of `method` are made with one of the passwords. Nonce and
  /// realm are not looked at.
  [[nodiscard]] bool answers(const auth::DigestCredentials& digest, std::string_view method) const;
  /// Whether `password` is one of those that are not argon2id.
  [[nodiscard]] bool is_right(std::string_view password) const;

 private:
  User user_;
  std::string realm_;
  std::array<std::vector<std::string>, 2> ha1_;  ///< by algorithm
  std::vector<std::string> argon2_;
};

}  // namespace lectern::server
