#include "protocol/rtp/header.h"

#include <catch2/catch.hpp>

#include <array>
#include <vector>

#include "tests/support/hex.h"

using namespace lectern;
using namespace lectern::test;

TEST_CASE("an RTP header is written as FFmpeg writes it", "[rtp]") {
  // The first twelve bytes of a PCMU packet of FFmpeg 5.1.
  std::array<std::byte, rtp::header_size> bytes{};
  rtp::write_header({false, 0, 0x07de, 0xcbf14fe8, 0xd591199e}, bytes);
  CHECK(hex(bytes) == "800007decbf14fe8d591199e");
}

TEST_CASE("the marker shares an octet with the payload type", "[rtp]") {
  std::array<std::byte, rtp::header_size> bytes{};
  rtp::write_header({true, 127, 0xffff, 0xffffffff, 0xffffffff}, bytes);
  CHECK(hex(bytes) == "80ffffffffffffffffffffff");
  rtp::write_header({true, 0x80 | 96, 1, 2, 3}, bytes);
  CHECK(hex(bytes) == "80e000010000000200000003");
}

TEST_CASE("an RTP packet is read", "[rtp]") {
  const ByteVector bytes = unhex("80e01234000000050000000601020304");
  const auto packet = rtp::parse_packet(bytes);
  REQUIRE(packet.ok());
  CHECK(packet->header == rtp::Header{true, 96, 0x1234, 5, 6});
  CHECK(hex(packet->payload) == "01020304");
  CHECK(packet->csrcs.empty());
  CHECK_FALSE(packet->has_extension);
}

TEST_CASE("sources, extension and padding are taken off the payload", "[rtp]") {
  const ByteVector bytes = unhex(
      "b26000010000000200000003"
      "0000000a0000000b"
      "bede000110aa0000"
      "c0ffee"
      "0003");
  // Padding of three: ee 00 03 would be wrong, so that the count octet itself is seen to count.
  const auto packet = rtp::parse_packet(bytes);
  REQUIRE(packet.ok());
  CHECK(hex(packet->csrcs) == "0000000a0000000b");
  CHECK(packet->has_extension);
  CHECK(packet->extension_profile == 0xbede);
  CHECK(hex(packet->extension) == "10aa0000");
  CHECK(hex(packet->payload) == "c0ff");
}

TEST_CASE("malformed RTP packets are invalid", "[rtp]") {
  const std::vector<std::string> malformed = {
      "",
      "80e0123400000005000000",                    // shorter than a header
      "40e01234000000050000000601020304",          // version 1
      "c0e01234000000050000000601020304",          // version 3
      "82e012340000000500000006000000aa",          // two sources announced, one there
      "90e0123400000005000000060102",              // extension header cut
      "90e012340000000500000006bede0001",          // extension cut
      "a0e01234000000050000000601020300",          // padding of 0
      "a0e01234000000050000000601020305",          // more padding than payload
      "a1e01234000000050000000601020304",          // padding reaches into the sources
      "b0e012340000000500000006bede000110aa0005",  // padding reaches into the extension
  };
  for (const std::string& text : malformed) {
    INFO(text);
    const ByteVector bytes = unhex(text);
    const auto packet = rtp::parse_packet(bytes);
    REQUIRE_FALSE(packet.ok());
    CHECK(packet.error().code == Errc::invalid);
  }
}

TEST_CASE("an RTP packet may be all padding, or have no payload at all", "[rtp]") {
  CHECK(rtp::parse_packet(unhex("a0e01234000000050000000600000004"))->payload.empty());
  CHECK(rtp::parse_packet(unhex("80e012340000000500000006"))->payload.empty());
}
