#include "protocol/auth/credentials.h"

#include <catch2/catch.hpp>

#include "protocol/auth/parameters.h"
#include "protocol/base/base64.h"
#include "tests/support/mutation.h"

using namespace lectern;
using namespace lectern::auth;

namespace {

const std::string md5_hash(32, 'a');

std::string digest_with(const std::string& parameters) {
  return "Digest " + parameters;
}
const std::string whole =
    "username=\"alice\", realm=\"r\", nonce=\"n\", uri=\"/a\", response=\"" + md5_hash + "\"";

Errc refused(const std::string& header) {
  const auto parsed = parse_credentials(header);
  REQUIRE_FALSE(parsed);
  return parsed.error().code;
}

std::string basic(std::string_view text) {
  return "Basic " + base64_encode(as_bytes(text));
}

}  // namespace

TEST_CASE("Basic credentials are read", "[auth]") {
  // RFC 7617 section 2, and what curl sends
  CHECK(parse_credentials("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==").value() ==
        Credentials{BasicCredentials{"Aladdin", "open sesame"}});
  CHECK(parse_credentials("basic  YWxpY2U6c2VzYW1lIHN0cmVldA==").value() ==
        Credentials{BasicCredentials{"alice", "sesame street"}});
  CHECK(parse_credentials(basic("a:b:c")).value() == Credentials{BasicCredentials{"a", "b:c"}});
  CHECK(parse_credentials(basic(":")).value() == Credentials{BasicCredentials{"", ""}});
  CHECK(serialize(BasicCredentials{"Aladdin", "open sesame"}) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST_CASE("Basic credentials that break their format are refused", "[auth]") {
  using namespace std::string_view_literals;
  CHECK(refused("Basic") == Errc::invalid);
  CHECK(refused("Basic !!!!") == Errc::invalid);
  CHECK(refused(basic("alice")) == Errc::invalid);
  CHECK(refused(basic("al\0ice:b"sv)) == Errc::invalid);
  CHECK(refused(basic("alice:a\nb")) == Errc::invalid);
  CHECK(refused(basic(std::string(max_user + 1, 'a') + ":b")) == Errc::too_large);
  CHECK(refused(basic("a:" + std::string(max_password + 1, 'b'))) == Errc::too_large);
  CHECK(parse_credentials(basic(std::string(max_user, 'a') + ":" + std::string(max_password, 'b'))).ok());
  CHECK(refused("Basic " + std::string(max_header, 'A')) == Errc::too_large);
}

TEST_CASE("Digest credentials are read with and without a count", "[auth]") {
  const auto plain = std::get<DigestCredentials>(parse_credentials(digest_with(whole)).value());
  CHECK(plain == DigestCredentials{"alice", "r", "n", "/a", md5_hash, Algorithm::md5, std::nullopt});
  const auto counted = std::get<DigestCredentials>(
      parse_credentials(digest_with(whole + ", algorithm=\"md5\", qop=\"auth\", cnonce=\"c\", nc=0000000A"))
          .value());
  CHECK(counted.counted == DigestCredentials::Counted{10, "c"});
  CHECK(user_of(Credentials{counted}) == "alice");
  // Upper case is the same hash.
  const auto upper =
      parse_credentials("Digest username=a,realm=r,nonce=n,uri=/,response=" + std::string(32, 'A'));
  CHECK(std::get<DigestCredentials>(upper.value()).response == md5_hash);
}

TEST_CASE("Digest credentials that break their format are refused", "[auth]") {
  CHECK(refused(digest_with(whole + ", username=\"bob\"")) == Errc::invalid);
  CHECK(refused(digest_with(whole + ", uri=\"/b\"")) == Errc::invalid);
  for (const std::string name : {"username", "realm", "nonce", "uri", "response"}) {
    CAPTURE(name);
    std::string text = whole;
    CHECK(refused(digest_with(text.replace(text.find(name), 1, "x"))) == Errc::invalid);
  }
  CHECK(refused(digest_with(whole.substr(0, whole.size() - 2) + "\"")) == Errc::invalid);
  CHECK(refused(digest_with(whole + ", algorithm=SHA-256")) == Errc::invalid);
  CHECK(refused(digest_with(whole.substr(0, whole.size() - 3) + "zz\"")) == Errc::invalid);
  CHECK(refused(digest_with(whole + ", algorithm=MD5-sess")) == Errc::unsupported);
  CHECK(refused(digest_with(whole + ", qop=auth-int, nc=00000001, cnonce=c")) == Errc::unsupported);
  for (const char* count : {"nc=00000001", "cnonce=c", "nc=0, cnonce=c", "nc=00000000, cnonce=c",
                            "nc=0000000g, cnonce=c", "nc=-0000001, cnonce=c", "nc=00000001, cnonce=\"\""}) {
    CAPTURE(count);
    CHECK(refused(digest_with(whole + ", qop=auth, " + count)) == Errc::invalid);
  }
  CHECK(refused(digest_with("username=\"" + std::string(max_user + 1, 'a') + "\"" + whole.substr(16))) ==
        Errc::too_large);
  CHECK(refused("Digest") == Errc::invalid);
  CHECK(refused("") == Errc::unsupported);
  CHECK(refused("Bearer abc") == Errc::unsupported);
  CHECK(refused("Negotiate YII=") == Errc::unsupported);
}

TEST_CASE("no error repeats a password", "[auth]") {
  for (const std::string& header : {basic("sesame"), basic("sesame\n:sesame"), std::string("Basic sesame!"),
                                    std::string("Digest sesame=\"sesame"), std::string("sesame sesame")})
    CHECK(parse_credentials(header).error().message.find("sesame") == std::string::npos);
}

TEST_CASE("mutated credentials read back as they were, or are refused", "[auth]") {
  test::Random random(16);
  std::size_t read = 0;
  for (const std::string& seed :
       {digest_with(whole), digest_with(whole + ", qop=auth, nc=00000001, cnonce=\"c\""),
        basic("alice:pw")}) {
    for (int round = 0; round < 5000; ++round) {
      const ByteVector bytes = test::mutated(as_bytes(seed), random);
      const auto value = parse_credentials(as_text(bytes));
      if (!value) continue;
      ++read;
      const auto again = parse_credentials(serialize(*value));
      REQUIRE(again.ok());
      REQUIRE(*again == *value);
    }
  }
  CHECK(read > 500);
}
