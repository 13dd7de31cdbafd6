#include "protocol/sdp/key_mgmt.h"

#include <catch2/catch.hpp>

#include "protocol/sdp/description.h"
#include "tests/support/hex.h"

using namespace lectern;
using namespace lectern::sdp;
using namespace lectern::test;

TEST_CASE("sdp key-mgmt: in the description of GStreamer's server", "[sdp]") {
  const auto description = parse(
      "v=0\r\no=- 3103345328287163466 1 IN IP4 127.0.0.1\r\ns=Session streamed with GStreamer\r\nt=0 0\r\n"
      "m=audio 0 RTP/SAVP 0\r\nc=IN IP4 0.0.0.0\r\na=control:stream=0\r\n"
      "a=key-mgmt:mikey "
      "AQAFANJPxxwBAADxNQObAAAAAAsA7rEFTIFWsA8KEK0HkxwVBd2oLEuQZ763aP8BAAAAFQABAQEBEAIBAQMBCgcBAQgB"
      "AQoBAQAAACIAIAAeQ9mWRbYSpfjZY5nRbGFGDFni/jLTvf0omrshrnblAA==\r\n");
  REQUIRE(description.ok());
  const Media& media = description->media.at(0);
  CHECK(media.profile == "RTP/SAVP");
  const auto value = find_attribute(media.attributes, "key-mgmt");
  REQUIRE(value);
  const auto key_mgmt = parse_key_mgmt(*value);
  REQUIRE(key_mgmt.ok());
  CHECK(key_mgmt->protocol == "mikey");
  CHECK(key_mgmt->data.size() == 112);
  CHECK(hex(key_mgmt->data).substr(0, 16) == "01000500d24fc71c");
  CHECK(serialize(*key_mgmt) == *value);
}

TEST_CASE("sdp key-mgmt: blanks around, no padding", "[sdp]") {
  CHECK(*parse_key_mgmt(" mikey \t AQA ") == KeyMgmt{"mikey", unhex("0100")});
  CHECK(serialize(KeyMgmt{"mikey", unhex("0100")}) == "mikey AQA=");
}

TEST_CASE("sdp key-mgmt: malformed, and too large", "[sdp]") {
  for (const char* bad : {"", "mikey", "mikey ", "mikey A", "mikey =", "mikey AQ*=", "mikey AQA= AQA="}) {
    INFO(bad);
    const auto key_mgmt = parse_key_mgmt(bad);
    REQUIRE(!key_mgmt.ok());
    CHECK(key_mgmt.error().code == Errc::invalid);
  }
  CHECK(parse_key_mgmt(serialize(KeyMgmt{"mikey", ByteVector(KeyMgmt::max_size)})).ok());
  CHECK(parse_key_mgmt(serialize(KeyMgmt{"mikey", ByteVector(KeyMgmt::max_size + 3)})).error().code ==
        Errc::too_large);
}
