#include "server/srtp/key_exchange.h"

#include <catch2/catch.hpp>

#include "protocol/base/base64.h"
#include "protocol/mikey/message.h"
#include "protocol/rtsp/key_mgmt.h"
#include "protocol/sdp/crypto.h"
#include "protocol/sdp/key_mgmt.h"
#include "tests/support/hex.h"
#include "tests/unit/protocol/mikey/samples.h"

using namespace lectern;
using namespace lectern::server;
using namespace lectern::test;
using srtp::Suite;

namespace {

constexpr Suite suite = Suite::aes_cm_128_hmac_sha1_80;

const OfferedStream& ours() {
  static const OfferedStream stream = new_stream(suite);
  return stream;
}

std::string header_of(Bytes message) {
  return "prot=mikey;uri=\"rtsp://host/path/track1\";data=\"" + base64_encode(message) + "\"";
}

std::string key_text(const SrtpKeys& keys) {
  return hex(keys.key.key_and_salt());
}

Errc refusal(const std::string& header) {
  const auto agreement = agree(header, ours());
  REQUIRE(!agreement.ok());
  CHECK_FALSE(agreement.error().message.empty());
  return agreement.error().code;
}

/// Key and salt of GStreamer's client in the samples.
constexpr std::string_view gstreamer_key = "36bc90dc1e8f747c18e197ca88fa5e2412e040977183261534d35b83ea84";
/// And of live555's and gortsplib's.
constexpr std::string_view counted_key = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e";

}  // namespace

TEST_CASE("key exchange: without KeyMgmt our key holds both ways", "[srtp]") {
  const auto agreement = agree(std::nullopt, ours());
  REQUIRE(agreement.ok());
  CHECK(agreement->outbound.ssrc == ours().ssrc);
  CHECK(agreement->outbound.keys == ours().keys);
  CHECK(agreement->inbound == ours().keys);
}

TEST_CASE("key exchange: a key without MKI is for what the player sends", "[srtp]") {
  const auto gstreamer = agree(header_of(*base64_decode(mikey::samples::gstreamer_client)), ours());
  REQUIRE(gstreamer.ok());
  CHECK(gstreamer->outbound.ssrc == ours().ssrc);
  CHECK(gstreamer->outbound.keys == ours().keys);
  CHECK(key_text(gstreamer->inbound) == gstreamer_key);
  const auto gortsplib = agree(header_of(unhex(mikey::samples::gortsplib)), ours());
  REQUIRE(gortsplib.ok());
  CHECK(gortsplib->outbound.keys == ours().keys);
  CHECK(key_text(gortsplib->inbound) == counted_key);
  // The player may send in another suite than ours.
  for (const auto& [text, theirs] : {std::pair{mikey::samples::gstreamer_32, Suite::aes_cm_128_hmac_sha1_32},
                                     std::pair{mikey::samples::gstreamer_256, Suite::aes_cm_256_hmac_sha1_80},
                                     std::pair{mikey::samples::gstreamer_gcm_128, Suite::aead_aes_128_gcm},
                                     std::pair{mikey::samples::gstreamer_gcm_256, Suite::aead_aes_256_gcm}}) {
    const auto agreement = agree(header_of(unhex(text)), ours());
    REQUIRE(agreement.ok());
    CHECK(agreement->outbound.keys.suite == suite);
    CHECK(agreement->inbound.suite == theirs);
  }
}

TEST_CASE("key exchange: a key with an MKI is adopted both ways, our ssrc stays", "[srtp]") {
  // live555 puts a blank behind each semicolon.
  const std::string header =
      "prot=mikey; uri=\"\"; data=\"" + base64_encode(unhex(mikey::samples::live555)) + "\"";
  const auto agreement = agree(header, ours());
  REQUIRE(agreement.ok());
  CHECK(agreement->outbound.ssrc == ours().ssrc);
  CHECK(agreement->outbound.keys == agreement->inbound);
  CHECK(key_text(agreement->inbound) == counted_key);
  CHECK(hex(agreement->inbound.key.mki()) == "0a0b0c0d");
}

TEST_CASE("key exchange: of several protocols MIKEY is taken, and without it there is no key", "[srtp]") {
  const std::string mikey = header_of(unhex(mikey::samples::gortsplib));
  CHECK(agree("prot=other;data=\"AQID\"," + mikey, ours()).ok());
  CHECK(refusal("prot=other;data=\"AQID\"") == Errc::unsupported);
  CHECK(refusal("prot=mikey;data=\"AQID\"") == Errc::invalid);
  CHECK(refusal("") == Errc::invalid);
  ByteVector cut = unhex(mikey::samples::live555);
  cut.resize(cut.size() - 1);
  CHECK(refusal(header_of(cut)) == Errc::invalid);
}

TEST_CASE("key exchange: the SDP tells each track its key, and FFmpeg's line only where it is asked for",
          "[srtp]") {
  for (const bool sdes : {false, true}) {
    KeyOffers offers;
    const KeyOffer& offer = offers.make("/a", 2, suite, sdes);
    sdp::SessionDescription description;
    description.media.resize(2);
    description.media[0].attributes = {{"control", "track1"}};
    add_keys(offer, description);
    for (std::size_t i = 0; i < 2; ++i) {
      const sdp::Media& media = description.media[i];
      const OfferedStream& stream = offer.tracks[i].stream;
      CHECK(media.profile == "RTP/SAVP");
      REQUIRE(media.attributes.size() == (i == 0 ? 2u : 1u) + (sdes ? 1u : 0u));
      const sdp::Attribute& told = media.attributes[i == 0 ? 1 : 0];
      CHECK(told.name == "key-mgmt");
      const auto key_mgmt = sdp::parse_key_mgmt(told.value);
      REQUIRE(key_mgmt.ok());
      CHECK(key_mgmt->protocol == "mikey");
      const auto message = mikey::parse(key_mgmt->data);
      REQUIRE(message.ok());
      CHECK(message->suite == suite);
      CHECK(message->key == stream.keys.key);
      CHECK(message->streams == std::vector<mikey::Stream>{{stream.ssrc, 0}});
      CHECK(message->rand.size() == 16);
      CHECK(message->ntp);
      if (!sdes) continue;
      // Neither lifetime nor MKI, with which FFmpeg refuses the line.
      CHECK(media.attributes.back().name == "crypto");
      CHECK(media.attributes.back().value ==
            "1 AES_CM_128_HMAC_SHA1_80 inline:" + base64_encode(stream.keys.key.key_and_salt()));
    }
  }
}

TEST_CASE("key exchange: the answer tells the key that is sent with, its ssrc and its rollover", "[srtp]") {
  OfferedStream stream = ours();
  stream.rollover = 3;
  const auto entries = rtsp::parse_key_mgmt(key_mgmt_answer("rtsp://host/a/track1", stream));
  REQUIRE(entries.ok());
  REQUIRE(entries->size() == 1);
  CHECK(entries->front().protocol == "mikey");
  CHECK(entries->front().uri == "rtsp://host/a/track1");
  const auto message = mikey::parse(entries->front().data);
  REQUIRE(message.ok());
  CHECK(message->key == ours().keys.key);
  CHECK(message->streams == std::vector<mikey::Stream>{{ours().ssrc, 3}});
}
