#include "server/access/account.h"

#include <catch2/catch.hpp>

#include "protocol/auth/digest.h"

using namespace lectern;
using namespace lectern::server;
using auth::Algorithm;

namespace {

const std::string ha1_md5 = auth::make_ha1(Algorithm::md5, "alice", "Lectern", "sesame");
const std::string ha1_sha256 = auth::make_ha1(Algorithm::sha256, "alice", "Lectern", "sesame");
const std::string argon2 =
    "argon2id:$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxNmJ5dGVz$0whpDKRpxRrnTEi8DY//TnDgd2roi4n+KQ/pAdFGwaE";

Account account(std::initializer_list<std::string> passwords, const std::string& name = "alice",
                const std::string& realm = "Lectern") {
  User user;
  user.name = name;
  for (const std::string& password : passwords) user.passwords.push_back(parse_password(password).value());
  return Account(user, realm);
}

auth::DigestCredentials digest(Algorithm algorithm, const std::string& password) {
  auth::DigestCredentials made{"alice", "Lectern", "n", "/a"};
  made.algorithm = algorithm;
  made.response = auth::make_response(made, auth::make_ha1(algorithm, "alice", "Lectern", password), "PLAY");
  return made;
}

}  // namespace

TEST_CASE("an account knows what its passwords are for", "[access]") {
  const Account plain = account({"sesame"}), md5 = account({"ha1-md5:" + ha1_md5}),
                sha256 = account({"ha1-sha256:" + ha1_sha256}), argon = account({argon2}), none = account({});
  CHECK((plain.can_use(Algorithm::md5) && plain.can_use(Algorithm::sha256)));
  CHECK((md5.can_use(Algorithm::md5) && !md5.can_use(Algorithm::sha256)));
  CHECK((!sha256.can_use(Algorithm::md5) && sha256.can_use(Algorithm::sha256)));
  CHECK((argon.can_log_in() && !argon.can_use_digest()));
  CHECK(argon.argon2().size() == 1);
  CHECK_FALSE(none.can_log_in());
  for (const Account* each : {&plain, &md5, &sha256}) {
    CHECK(each->is_right("sesame"));
    CHECK_FALSE(each->is_right("sesam"));
    CHECK_FALSE(each->is_right(""));
    for (const auto algorithm : {Algorithm::md5, Algorithm::sha256}) {
      CHECK(each->answers(digest(algorithm, "sesame"), "PLAY") == each->can_use(algorithm));
      CHECK_FALSE(each->answers(digest(algorithm, "other"), "PLAY"));
      CHECK_FALSE(each->answers(digest(algorithm, "sesame"), "PAUSE"));
    }
  }
  CHECK_FALSE(argon.is_right("other"));
  CHECK_FALSE(argon.answers(digest(Algorithm::md5, "other"), "PLAY"));
}

TEST_CASE("an HA1 holds for one user and one realm", "[access]") {
  CHECK_FALSE(account({"ha1-md5:" + ha1_md5}, "bob").is_right("sesame"));
  CHECK_FALSE(account({"ha1-md5:" + ha1_md5}, "alice", "Other").is_right("sesame"));
}

TEST_CASE("any of several passwords is right", "[access]") {
  const Account several = account({"one", "two", "ha1-md5:" + ha1_md5});
  CHECK(several.is_right("one"));
  CHECK(several.is_right("two"));
  CHECK(several.answers(digest(Algorithm::md5, "sesame"), "PLAY"));
  CHECK(several.answers(digest(Algorithm::sha256, "two"), "PLAY"));
  CHECK_FALSE(several.answers(digest(Algorithm::sha256, "sesame"), "PLAY"));
}

TEST_CASE("no password and no response opens the account of nobody", "[access]") {
  const Account nobody = Account::nobody("Lectern");
  CHECK_FALSE(nobody.is_right(""));
  CHECK_FALSE(nobody.answers(digest(Algorithm::md5, ""), "PLAY"));
  CHECK_FALSE(nobody.answers(digest(Algorithm::sha256, "-"), "PLAY"));
  auth::DigestCredentials dashes{"alice", "Lectern", "n", "/a"};
  dashes.response = auth::make_response(dashes, std::string(32, '-'), "PLAY");
  CHECK_FALSE(account({argon2}).answers(dashes, "PLAY"));
}
