#include "protocol/sdp/fmtp.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::sdp;

TEST_CASE("the fmtp of FFmpeg's AAC is read", "[sdp]") {
  const auto fmtp = parse_fmtp(
      "97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3; config=119056E500");
  REQUIRE(fmtp.ok());
  CHECK(fmtp->payload_type == 97);
  REQUIRE(fmtp->parameters.size() == 6);
  CHECK(fmtp->get("mode") == "AAC-hbr");
  CHECK(fmtp->get("SizeLength") == "13");
  CHECK(fmtp->get("CONFIG") == "119056E500");
  CHECK_FALSE(fmtp->get("size"));
  CHECK(
      serialize(*fmtp) ==
      "97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=119056E500");
}

TEST_CASE("only the first equals sign of a parameter separates", "[sdp]") {
  const auto fmtp = parse_fmtp("96 packetization-mode=1; sprop-parameter-sets=Z0IAKQ==,aM48gA== ;");
  REQUIRE(fmtp.ok());
  CHECK(fmtp->get("sprop-parameter-sets") == "Z0IAKQ==,aM48gA==");
  CHECK(fmtp->parameters.size() == 2);
}

TEST_CASE("an fmtp may be bare words, or empty", "[sdp]") {
  CHECK(parse_fmtp("101 0-15")->parameters == std::vector<Fmtp::Parameter>{{"0-15", ""}});
  CHECK(parse_fmtp("96")->parameters.empty());
  CHECK(parse_fmtp("96 ;; =x; ")->parameters.empty());
  CHECK(serialize(Fmtp{101, {{"0-15", ""}}}) == "101 0-15");
  CHECK(serialize(Fmtp{96, {}}) == "96");
}

TEST_CASE("an fmtp without a payload type is invalid", "[sdp]") {
  for (const char* text : {"", " ", "x a=1", "128 a=1", "-1 a=1", "a=1", "96;a=1"}) {
    INFO(text);
    const auto parsed = parse_fmtp(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code == Errc::invalid);
  }
}

TEST_CASE("an fmtp value cannot begin another parameter or line", "[sdp]") {
  CHECK(serialize(Fmtp{96, {{"a", "1;b=2\r\na=c"}}}) == "96 a=1_b=2__a=c");
}

TEST_CASE("an fmtp is one line", "[sdp][fuzz]") {
  for (const std::string_view text :
       {std::string_view("7\t\t\n"), std::string_view("96 a=1\rb=2"), std::string_view("96 a=\0001", 8)}) {
    const auto parsed = parse_fmtp(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code == Errc::invalid);
  }
}

TEST_CASE("the fmtp of a payload type is found", "[sdp]") {
  Media media;
  media.attributes = {{"fmtp", "96 a=1"}, {"fmtp", "x"}, {"fmtp", "97 a=2"}};
  CHECK(find_fmtp(media, 97)->get("a") == "2");
  CHECK_FALSE(find_fmtp(media, 98));
}
