#include "server/access/password.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::server;

namespace {

// Made by Debian's argon2: printf 'sesame street' | argon2 somesalt16bytes -id -t 1 -k 1024 -p 1 -e
const std::string argon2 =
    "$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHQxNmJ5dGVz$AE3UlcfBH1ToAMw4i6IhbpQ46KVgpv56GmkvSBJ0Yvo";
// printf 'alice:Lectern:sesame street' | md5sum, sha256sum
const std::string ha1_md5 = "a3e2978c2d0ee740fc23a6fd4213de5c";
const std::string ha1_sha256 = "5896e36bd9793006c577006b7c69c6436959299595816ea59562ffeafbe1b0d4";

}  // namespace

TEST_CASE("passwords have four forms", "[access]") {
  CHECK(parse_password("sesame street").value() == Password{PlainPassword{"sesame street"}});
  CHECK(parse_password("ha1-md5:" + ha1_md5).value() == Password{Ha1Password{auth::Algorithm::md5, ha1_md5}});
  CHECK(parse_password("ha1-sha256:" + ha1_sha256).value() ==
        Password{Ha1Password{auth::Algorithm::sha256, ha1_sha256}});
  CHECK(parse_password("argon2id:" + argon2).value() == Password{Argon2Password{argon2}});
  CHECK(parse_password("ha1-md5:" + std::string(32, 'A')).value() ==
        Password{Ha1Password{auth::Algorithm::md5, std::string(32, 'a')}});
}

TEST_CASE("a bad hash is told without repeating it", "[access]") {
  const auto message = [](const std::string& text) { return parse_password(text).error().message; };
  CHECK(message("") == "is empty");
  CHECK(message("ha1-md5:beef") == "is no HA1 (32 hexadecimal digits stand behind the colon)");
  CHECK(message("ha1-sha256:" + ha1_md5) == "is no HA1 (64 hexadecimal digits stand behind the colon)");
  CHECK(message("argon2id:sesame") ==
        "is no argon2id hash (write argon2id:$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH)");
  CHECK(message("a\tb") == "holds a control character, which no player can send");
  CHECK(message(std::string(1025, 'a')) == "is longer than 1024 bytes");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = argon2;
    return "argon2id:" + text.replace(text.find(from), from.size(), to);
  };
  CHECK(message(with("m=1024", "m=4194304")) ==
        "is an argon2id hash that costs too much (at most m=262144,t=64,p=16)");
  for (const auto& wrong : {with("argon2id", "argon2i"), with("v=19", "v=16"), with("m=1024,", ""),
                            with("t=1", "t=0"), with("m=1024", "m=7"), with("c29tZXNhbHQxNmJ5dGVz", "c29t"),
                            with("AE3Ulc", "!E3Ulc"), with("BH1To", "=H1To"), "argon2id:" + argon2 + "$"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_password(wrong));
  }
}

TEST_CASE("what a form can be used for", "[access]") {
  const auto ha1 = [](const std::string& form, auth::Algorithm algorithm) {
    return ha1_of(parse_password(form).value(), algorithm, "alice", "Lectern");
  };
  CHECK(ha1("sesame street", auth::Algorithm::md5) == ha1_md5);
  CHECK(ha1("sesame street", auth::Algorithm::sha256) == ha1_sha256);
  CHECK(ha1("ha1-md5:" + ha1_md5, auth::Algorithm::md5) == ha1_md5);
  CHECK_FALSE(ha1("ha1-md5:" + ha1_md5, auth::Algorithm::sha256));
  CHECK_FALSE(ha1("argon2id:" + argon2, auth::Algorithm::md5));
}

TEST_CASE("argon2id is what the reference makes", "[access]") {
  CHECK(check_argon2(argon2, "sesame street"));
  CHECK_FALSE(check_argon2(argon2, "sesame"));
  CHECK_FALSE(check_argon2(argon2, ""));
}
