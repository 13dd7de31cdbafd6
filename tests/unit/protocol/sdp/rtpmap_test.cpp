#include "protocol/sdp/rtpmap.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::sdp;

TEST_CASE("an rtpmap is read and written", "[sdp]") {
  CHECK(*parse_rtpmap("96 MPEG4-GENERIC/48000/2") == Rtpmap{96, "MPEG4-GENERIC", 48000, 2});
  CHECK(*parse_rtpmap("96 H264/90000") == Rtpmap{96, "H264", 90000, 0});
  CHECK(*parse_rtpmap(" 0  PCMU/8000/1 ") == Rtpmap{0, "PCMU", 8000, 1});
  CHECK(*parse_rtpmap("8 PCMA/8000/") == Rtpmap{8, "PCMA", 8000, 0});
  CHECK(serialize(Rtpmap{96, "MPEG4-GENERIC", 48000, 2}) == "96 MPEG4-GENERIC/48000/2");
  CHECK(serialize(Rtpmap{98, "H265", 90000, 0}) == "98 H265/90000");
  CHECK(serialize(Rtpmap{98, "a b/c\r\n", 1, 0}) == "98 a_b_c__/1");
}

TEST_CASE("a malformed rtpmap is invalid", "[sdp]") {
  for (const char* text : {"", "96", "96 H264", "96 H264/", "96 H264/0", "96 H264/x", "96 H264/-1",
                           "96 /90000", "128 H264/90000", "x H264/90000", "96 H264/90000/0",
                           "96 H264/90000/x", "96 H264/90000/2/2", "96 H 264/90000", "96 H264/4294967296"}) {
    INFO(text);
    const auto parsed = parse_rtpmap(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code == Errc::invalid);
  }
}

TEST_CASE("an encoding with a control character is none", "[sdp][fuzz]") {
  for (const std::string_view text : {std::string_view("84 S.\0004$/4", 10), std::string_view("96 a\rb/8000"),
                                      std::string_view("96 a\nb/8000")}) {
    const auto parsed = parse_rtpmap(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code == Errc::invalid);
  }
}

TEST_CASE("static payload types are those of RFC 3551", "[sdp]") {
  const auto text = [](std::uint8_t type) {
    const auto rtpmap = static_rtpmap(type);
    return rtpmap ? serialize(*rtpmap) : std::string();
  };
  CHECK(text(0) == "0 PCMU/8000/1");
  CHECK(text(3) == "3 GSM/8000/1");
  CHECK(text(4) == "4 G723/8000/1");
  CHECK(text(8) == "8 PCMA/8000/1");
  CHECK(text(9) == "9 G722/8000/1");
  CHECK(text(10) == "10 L16/44100/2");
  CHECK(text(11) == "11 L16/44100/1");
  CHECK(text(14) == "14 MPA/90000");
  CHECK(text(26) == "26 JPEG/90000");
  CHECK(text(32) == "32 MPV/90000");
  CHECK(text(33) == "33 MP2T/90000");
  CHECK(text(34) == "34 H263/90000");
  for (const int type : {1, 2, 19, 20, 27, 29, 35, 72, 96, 127, 255})
    CHECK(text(static_cast<std::uint8_t>(type)).empty());
}

TEST_CASE("an rtpmap of the media goes before the static meaning", "[sdp]") {
  Media media;
  media.attributes = {{"rtpmap", "junk"}, {"rtpmap", "96 H264/90000"}, {"rtpmap", "0 L16/16000"}};
  CHECK(find_rtpmap(media, 96)->encoding == "H264");
  CHECK(find_rtpmap(media, 0)->encoding == "L16");
  CHECK(find_rtpmap(media, 8)->encoding == "PCMA");
  CHECK_FALSE(find_rtpmap(media, 97));
}
