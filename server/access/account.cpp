#include "server/access/account.h"

#include "protocol/auth/digest.h"
#include "server/rtsp/random.h"

namespace lectern::server {
namespace {

using auth::Algorithm;

/// As long as an HA1, and none.
std::string dummy_ha1(Algorithm algorithm) {
  return std::string(auth::hex_size(algorithm), '-');
}

}  // namespace

Account::Account(User user, std::string realm) : user_(std::move(user)), realm_(std::move(realm)) {
  for (const Password& password : user_.passwords) {
    for (const Algorithm algorithm : {Algorithm::md5, Algorithm::sha256})
      if (auto ha1 = ha1_of(password, algorithm, user_.name, realm_))
        ha1_[static_cast<std::size_t>(algorithm)].push_back(*std::move(ha1));
    if (const auto* argon2 = std::get_if<Argon2Password>(&password)) argon2_.push_back(argon2->encoded);
  }
}

Account Account::nobody(std::string realm) {
  User user;
  user.passwords = {PlainPassword{random_session_id()}};
  return Account(std::move(user), std::move(realm));
}

bool Account::can_use(Algorithm algorithm) const {
  return !ha1_[static_cast<std::size_t>(algorithm)].empty();
}

bool Account::answers(const auth::DigestCredentials& digest, std::string_view method) const {
  const auto& known = ha1_[static_cast<std::size_t>(digest.algorithm)];
  if (known.empty()) {
    const auto computed = auth::make_response(digest, dummy_ha1(digest.algorithm), method);
    return auth::equal_in_constant_time(computed, digest.response) && false;
  }
  bool right = false;
  for (const std::string& ha1 : known)
    right |= auth::equal_in_constant_time(auth::make_response(digest, ha1, method), digest.response);
  return right;
}

bool Account::is_right(std::string_view password) const {
  const auto algorithm =
      can_use(Algorithm::sha256) || !can_use(Algorithm::md5) ? Algorithm::sha256 : Algorithm::md5;
  const std::string given = auth::make_ha1(algorithm, user_.name, realm_, password);
  bool right = false;
  for (const std::string& ha1 : ha1_[static_cast<std::size_t>(algorithm)])
    right |= auth::equal_in_constant_time(ha1, given);
  return right;
}

}  // namespace lectern::server
