#include "protocol/sdp/crypto.h"

#include <catch2/catch.hpp>

#include "tests/support/hex.h"

using namespace lectern;
using namespace lectern::sdp;
using namespace lectern::test;
using srtp::MasterKey;
using srtp::Suite;

namespace {

constexpr std::string_view key_text = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e";

MasterKey counted_key(std::size_t size, std::string_view mki = "") {
  ByteVector bytes;
  for (std::size_t i = 1; i <= size; ++i) bytes.push_back(static_cast<std::byte>(i));
  return *MasterKey::create(bytes, unhex(mki));
}

Crypto read(std::string_view text) {
  const auto crypto = parse_crypto(text);
  INFO(text);
  REQUIRE(crypto.ok());
  return *crypto;
}

std::string line(std::string_view behind_the_key, std::string_view parameters = "") {
  return "1 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(key_text) + std::string(behind_the_key) +
         std::string(parameters);
}

void check_refused(const std::string& text, Errc code) {
  INFO(text);
  const auto crypto = parse_crypto(text);
  REQUIRE(!crypto.ok());
  CHECK(crypto.error().code == code);
}

}  // namespace

TEST_CASE("sdp crypto: exactly what FFmpeg reads and writes", "[sdp]") {
  const Crypto crypto{1, Suite::aes_cm_128_hmac_sha1_80, counted_key(30), {}};
  CHECK(serialize(crypto) == "1 AES_CM_128_HMAC_SHA1_80 inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e");
  CHECK(read(serialize(crypto)) == crypto);
}

TEST_CASE("sdp crypto: the examples of RFC 4568", "[sdp]") {
  const Crypto both =
      read("1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32");
  CHECK(both.lifetime == 1u << 20);
  CHECK(hex(both.key.mki()) == std::string(62, '0') + "01");
  CHECK(hex(both.key.key_and_salt()) ==
        "3d2d6e40255e7821426a7566723929"
        "3f2c2335685c603d265d7b71695051");
  const Crypto mki =
      read("2 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|1:4 WSH=128 -x=1");
  CHECK(mki.tag == 2);
  CHECK(mki.suite == Suite::aes_cm_128_hmac_sha1_32);
  CHECK(!mki.lifetime);
  CHECK(hex(mki.key.mki()) == "00000001");
}

TEST_CASE("sdp crypto: lifetime and MKI are written as they were read", "[sdp]") {
  for (const char* behind :
       {"", "|2^0", "|2^48", "|300", "|1:4", "|2^20|66051:3", "|2^31|18446744073709551615:8", "|0:128"}) {
    INFO(behind);
    CHECK(serialize(read(line(behind))) == line(behind));
  }
  CHECK(serialize(read(line("|1048576"))) == line("|2^20"));
}

TEST_CASE("sdp crypto: every suite, and a key that does not fit", "[sdp]") {
  for (const srtp::SuiteInfo& suite : srtp::suites) {
    const Crypto crypto{7, suite.suite, counted_key(srtp::key_and_salt_size(suite.suite)), {}};
    CHECK(read(serialize(crypto)) == crypto);
    Crypto longer = crypto;
    longer.key = counted_key(srtp::key_and_salt_size(suite.suite) - 1);
    check_refused(serialize(longer), Errc::invalid);
  }
  CHECK(parse_crypto("1 AES_CM_128_HMAC_SHA1_80 inline:AQID").error().message ==
        "crypto: the key of AES_CM_128_HMAC_SHA1_80 is not 30 bytes of base64");
}

TEST_CASE("sdp crypto: what is not supported is told from what is malformed", "[sdp]") {
  check_refused("1 F8_128_HMAC_SHA1_80 inline:" + std::string(key_text), Errc::unsupported);
  check_refused("1 AES_CM_128_HMAC_SHA1_80 uri:" + std::string(key_text), Errc::unsupported);
  check_refused(line(";inline:", key_text), Errc::unsupported);
  for (const char* parameter : {" UNENCRYPTED_SRTP", " UNENCRYPTED_SRTCP", " UNAUTHENTICATED_SRTP", " KDR=1",
                                " FEC_ORDER=FEC_SRTP", " other"})
    check_refused(line("", parameter), Errc::unsupported);
  for (const char* behind :
       {"|", "||", "|x", "|2^49", "|2^", "|2^-1", "|0", "|281474976710657", "|1:", "|:4", "|1:0", "|1:129",
        "|256:1", "|-1:4", "|1:4|2^20", "|2^20|2^20", "|1:4|1:4", "|2^20|1:4|", "*"})
    check_refused(line(behind), Errc::invalid);
  for (const char* bad :
       {"", "1", "1 AES_CM_128_HMAC_SHA1_80", "x AES_CM_128_HMAC_SHA1_80 inline:AQID",
        "1000000000 AES_CM_128_HMAC_SHA1_80 inline:AQID", "-1 AES_CM_128_HMAC_SHA1_80 inline:AQID"})
    check_refused(bad, Errc::invalid);
}
