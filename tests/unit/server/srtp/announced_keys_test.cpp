#include "server/srtp/announced_keys.h"

#include <catch2/catch.hpp>

#include "protocol/base/base64.h"
#include "tests/support/hex.h"
#include "tests/unit/protocol/mikey/samples.h"

using namespace lectern;
using namespace lectern::server;
using namespace lectern::test;

namespace {

/// Key and salt of GStreamer's client in the samples.
constexpr std::string_view gstreamer_key = "36bc90dc1e8f747c18e197ca88fa5e2412e040977183261534d35b83ea84";
const std::string mikey_line = "a=key-mgmt:mikey " + std::string(mikey::samples::gstreamer_client) + "\r\n";
/// 30 bytes of 0 to 29.
const std::string crypto_line =
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd\r\n";

sdp::SessionDescription describe(const std::string& of_session, const std::string& of_media) {
  return sdp::parse("v=0\r\ns=-\r\nt=0 0\r\n" + of_session + "m=audio 0 RTP/SAVP 0\r\n" + of_media).value();
}

Result<std::optional<AnnouncedKeys>> keys_of(const std::string& of_session, const std::string& of_media) {
  const auto description = describe(of_session, of_media);
  return announced_keys(description, description.media.at(0));
}

std::string text_of(const AnnouncedKeys& keys) {
  return hex(keys.keys.key.key_and_salt());
}

}  // namespace

TEST_CASE("a publisher's key is in its SDP: of the media, of the session, or by a=crypto",
          "[srtp][publish]") {
  for (const auto& keys :
       {keys_of("", mikey_line), keys_of(mikey_line, ""), keys_of("", crypto_line + mikey_line)}) {
    REQUIRE(keys.ok());
    REQUIRE(keys->has_value());
    CHECK(text_of(**keys) == gstreamer_key);
    CHECK_FALSE((*keys)->sdes);
  }
  const auto sdes = keys_of("", "a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA\r\n" + crypto_line);
  REQUIRE(sdes.ok());
  REQUIRE(sdes->has_value());
  CHECK(text_of(**sdes) == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d");
  CHECK((*sdes)->keys.suite == srtp::Suite::aes_cm_128_hmac_sha1_80);
  CHECK((*sdes)->sdes);
  const auto none = keys_of("", "");
  REQUIRE(none.ok());
  CHECK_FALSE(none->has_value());
}

TEST_CASE("a key that is not right is told, and nothing is sent in its place", "[srtp][publish]") {
  for (const auto* line : {"a=key-mgmt:mikey AAAA\r\n", "a=key-mgmt:kerberos AAAA\r\n", "a=key-mgmt:\r\n",
                           "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n", "a=crypto:x\r\n"}) {
    CAPTURE(line);
    const auto keys = keys_of("", line);
    REQUIRE_FALSE(keys.ok());
    CHECK_FALSE(keys.error().message.empty());
  }
}
