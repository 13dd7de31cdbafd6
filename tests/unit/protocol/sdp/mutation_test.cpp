#include <catch2/catch.hpp>

#include <array>

#include "protocol/sdp/crypto.h"
#include "protocol/sdp/description.h"
#include "protocol/sdp/fmtp.h"
#include "protocol/sdp/key_mgmt.h"
#include "protocol/sdp/rtpmap.h"
#include "tests/support/mutation.h"
#include "tests/unit/protocol/sdp/samples.h"

using namespace lectern;
using namespace lectern::test;

namespace {

template <typename T, typename Parse>
bool survives(const T& value, Parse&& parse) {
  const auto again = parse(serialize(value));
  return again.ok() && *again == value;
}

}  // namespace

TEST_CASE("a mutated SDP is refused, or read again as it was read", "[sdp][mutation]") {
  constexpr std::array seeds = {sdp::samples::ffmpeg, sdp::samples::ffmpeg_audio, sdp::samples::live555,
                                sdp::samples::axis_multicast, sdp::samples::ip_camera};
  unsigned parsed = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Random random(seed);
    const ByteVector bytes = mutated(as_bytes(seeds[seed % seeds.size()]), random);
    const auto description = sdp::parse(as_text(bytes));
    if (!description.ok()) continue;
    ++parsed;
    if (!survives(*description, [](const std::string& text) { return sdp::parse(text); }))
      FAIL("seed " << seed << "\n" << as_text(bytes));
    for (const sdp::Media& media : description->media) {
      for (const sdp::Attribute& attribute : media.attributes) {
        const auto rtpmap = sdp::parse_rtpmap(attribute.value);
        if (rtpmap.ok() && !survives(*rtpmap, [](const std::string& t) { return sdp::parse_rtpmap(t); }))
          FAIL("seed " << seed << " " << attribute.value);
        const auto fmtp = sdp::parse_fmtp(attribute.value);
        if (fmtp.ok() && !survives(*fmtp, [](const std::string& t) { return sdp::parse_fmtp(t); }))
          FAIL("seed " << seed << " " << attribute.value);
      }
    }
  }
  CHECK(parsed > 1000);
  CHECK(parsed < 3000);
}

TEST_CASE("a mutated a=crypto or a=key-mgmt is refused, or read again as it was read", "[sdp][mutation]") {
  constexpr std::array<std::string_view, 4> crypto = {
      "1 AES_CM_128_HMAC_SHA1_80 inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e",
      "2 AES_CM_128_HMAC_SHA1_32 inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e|2^20|1:4",
      "12 AEAD_AES_128_GCM inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHA==|300 KDR=0 WSH=64",
      "3 AES_CM_128_HMAC_SHA1_80 inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e|258:16"};
  constexpr std::string_view key_mgmt =
      "mikey AQAFANJPxxwBAADxNQObAAAAAAsA7rEFTIFWsA8KEK0HkxwVBd2oLEuQZ763aP8BAAAA";
  unsigned read = 0;
  unsigned refused = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Random random(seed);
    const ByteVector line = mutated(as_bytes(crypto[seed % crypto.size()]), random);
    const auto value = sdp::parse_crypto(as_text(line));
    ++(value.ok() ? read : refused);
    if (value.ok() && !survives(*value, [](const std::string& text) { return sdp::parse_crypto(text); }))
      FAIL("seed " << seed << " " << as_text(line));
    const ByteVector other = mutated(as_bytes(key_mgmt), random);
    const auto message = sdp::parse_key_mgmt(as_text(other));
    ++(message.ok() ? read : refused);
    if (message.ok() &&
        !survives(*message, [](const std::string& text) { return sdp::parse_key_mgmt(text); }))
      FAIL("seed " << seed << " " << as_text(other));
  }
  CHECK(read > 1000);
  CHECK(refused > 1000);
}
