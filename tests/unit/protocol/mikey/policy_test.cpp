#include "protocol/mikey/policy.h"

#include <catch2/catch.hpp>

#include <array>

#include "tests/support/hex.h"

using namespace lectern;
using namespace lectern::mikey;
using namespace lectern::test;
using srtp::Suite;

namespace {

std::string written(Suite suite) {
  std::array<std::byte, 64> buffer{};
  ByteWriter writer(buffer);
  write_policy(writer, suite);
  return hex(writer.written());
}

void check_refused(std::string_view parameters, std::string_view message) {
  const auto suite = parse_policy(unhex(parameters));
  INFO(parameters);
  REQUIRE(!suite.ok());
  CHECK(suite.error().code == Errc::unsupported);
  CHECK(suite.error().message == message);
}

}  // namespace

TEST_CASE("mikey policy: as it is written", "[mikey]") {
  CHECK(written(Suite::aes_cm_128_hmac_sha1_80) == "00010101011002010103011404010e0701010801010a01010b010a");
  // GStreamer finds the short tag in parameter 3 only, and hears from parameter 2 that AES-GCM has no HMAC.
  CHECK(written(Suite::aes_cm_128_hmac_sha1_32) == "00010101011002010103010404010e0701010801010a01010b0104");
  CHECK(written(Suite::aes_cm_256_hmac_sha1_80) == "00010101012002010103011404010e0701010801010a01010b010a");
  CHECK(written(Suite::aead_aes_128_gcm) == "00010601011002010004010c0701010801010a0101140110");
  CHECK(written(Suite::aead_aes_256_gcm) == "00010601012002010004010c0701010801010a0101140110");
  for (const srtp::SuiteInfo& suite : srtp::suites)
    CHECK(*parse_policy(unhex(written(suite.suite))) == suite.suite);
}

TEST_CASE("mikey policy: what is left out has its standard value", "[mikey]") {
  CHECK(*parse_policy({}) == Suite::aes_cm_128_hmac_sha1_80);
  CHECK(*parse_policy(unhex("000106")) == Suite::aead_aes_128_gcm);
  CHECK(*parse_policy(unhex("010120")) == Suite::aes_cm_256_hmac_sha1_80);
  CHECK(*parse_policy(unhex("0b0104")) == Suite::aes_cm_128_hmac_sha1_32);
}

TEST_CASE("mikey policy: the tag's size in the place of the key's", "[mikey]") {
  CHECK(*parse_policy(unhex("03010a")) == Suite::aes_cm_128_hmac_sha1_80);
  CHECK(*parse_policy(unhex("030104")) == Suite::aes_cm_128_hmac_sha1_32);
  CHECK(*parse_policy(unhex("030114")) == Suite::aes_cm_128_hmac_sha1_80);
  CHECK(*parse_policy(unhex("03010a 0b0104")) == Suite::aes_cm_128_hmac_sha1_32);
}

TEST_CASE("mikey policy: unknown parameters and wide values are read", "[mikey]") {
  CHECK(*parse_policy(unhex("ff021234 000101 06020000 050100 09020000")) == Suite::aes_cm_128_hmac_sha1_80);
  check_refused("06020100", "MIKEY: policy parameter 6 is too large");
}

TEST_CASE("mikey policy: what no suite does is refused by its number", "[mikey]") {
  check_refused("000100", "MIKEY: policy parameter 0 of 0 is not supported");
  check_refused("010118", "MIKEY: policy parameter 1 of 24 is not supported");
  check_refused("020100", "MIKEY: policy parameter 2 of 0 is not supported");
  check_refused("04010c", "MIKEY: policy parameter 4 of 12 is not supported");
  check_refused("050101", "MIKEY: policy parameter 5 of 1 is not supported");
  check_refused("060101", "MIKEY: policy parameter 6 of 1 is not supported");
  check_refused("070100", "MIKEY: policy parameter 7 of 0 is not supported");
  check_refused("080100", "MIKEY: policy parameter 8 of 0 is not supported");
  check_refused("0a0100", "MIKEY: policy parameter 10 of 0 is not supported");
  check_refused("0b0108", "MIKEY: policy parameter 11 of 8 is not supported");
  check_refused("010120 0b0104", "MIKEY: policy parameter 11 of 4 is not supported");
  check_refused("000106 04010e", "MIKEY: policy parameter 4 of 14 is not supported");
  check_refused("000106 140108", "MIKEY: policy parameter 20 of 8 is not supported");
}
