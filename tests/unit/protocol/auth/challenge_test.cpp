#include "protocol/auth/challenge.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::auth;

TEST_CASE("challenges have the form that every player reads", "[auth]") {
  CHECK(serialize(BasicChallenge{"Lectern"}) == "Basic realm=\"Lectern\"");
  CHECK(serialize(DigestChallenge{"Lectern", "abc", Algorithm::sha256, false}) ==
        "Digest realm=\"Lectern\", nonce=\"abc\", algorithm=SHA-256, qop=\"auth\"");
  // live555 scans for: Digest realm="%[^"]", nonce="%[^"]", stale=%[a-zA-Z]
  CHECK(serialize(DigestChallenge{"Lectern", "abc", Algorithm::md5, true}) ==
        "Digest realm=\"Lectern\", nonce=\"abc\", stale=true, algorithm=MD5, qop=\"auth\"");
}

TEST_CASE("a challenge reads back as it was", "[auth]") {
  const std::initializer_list<Challenge> challenges{BasicChallenge{"a \"b\""},
                                                    DigestChallenge{"r", "n", Algorithm::md5, true},
                                                    DigestChallenge{"r", "n", Algorithm::sha256, false}};
  for (const Challenge& challenge : challenges)
    CHECK(parse_challenge(serialize(challenge)).value() == challenge);
  // RFC 7616 section 3.9.1
  const auto digest = parse_challenge(
      "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
      "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
      "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"");
  CHECK(digest.value() ==
        Challenge{DigestChallenge{"http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                                  Algorithm::sha256, false}});
}

TEST_CASE("what is no challenge of ours is refused", "[auth]") {
  CHECK(parse_challenge("Bearer realm=\"a\"").error().code == Errc::unsupported);
  CHECK(parse_challenge("Digest realm=\"a\", nonce=\"b\", algorithm=MD5-sess").error().code ==
        Errc::unsupported);
  for (const char* wrong : {"Digest realm=\"a\"", "Digest nonce=\"a\"", "Basic x=y", "Digest realm=\"a"})
    CHECK(parse_challenge(wrong).error().code == Errc::invalid);
  CHECK_FALSE(parse_challenge(""));
  CHECK_FALSE(parse_challenge("Digest"));
}
