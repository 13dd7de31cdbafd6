#include "protocol/srtp/suite.h"

#include <catch2/catch.hpp>

#include <string>

using namespace lectern::srtp;

TEST_CASE("srtp suite: each is found by its name", "[srtp]") {
  for (const SuiteInfo& entry : suites) {
    INFO(entry.name);
    CHECK(suite_named(entry.name) == entry.suite);
    CHECK(info(entry.suite).name == entry.name);
  }
  CHECK(suite_named("aes_cm_128_hmac_sha1_80") == Suite::aes_cm_128_hmac_sha1_80);
  CHECK(suite_named("AES_256_CM_HMAC_SHA1_80") == Suite::aes_cm_256_hmac_sha1_80);
  CHECK(suite_named("AES_CM_256_HMAC_SHA1_80") == Suite::aes_cm_256_hmac_sha1_80);
  for (const char* other : {"", "AES_CM_128_HMAC_SHA1_8", "F8_128_HMAC_SHA1_80", "AES_192_CM_HMAC_SHA1_80"})
    CHECK(!suite_named(other));
}

TEST_CASE("srtp suite: key sizes, and the order of preference", "[srtp]") {
  std::string names;
  std::string sizes;
  for (const SuiteInfo& entry : suites) {
    names += std::string(entry.name) + " ";
    sizes += std::to_string(key_and_salt_size(entry.suite)) + " ";
  }
  CHECK(names ==
        "AES_CM_128_HMAC_SHA1_80 AES_CM_128_HMAC_SHA1_32 AES_256_CM_HMAC_SHA1_80 AEAD_AES_128_GCM "
        "AEAD_AES_256_GCM ");
  CHECK(sizes == "30 30 46 28 44 ");
}
