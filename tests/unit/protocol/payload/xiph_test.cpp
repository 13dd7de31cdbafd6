#include "protocol/payload/xiph.h"

#include <catch2/catch.hpp>

#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::payload;
using lectern::test::RecordedPacket;
using lectern::test::RecordedPackets;
using lectern::test::unhex;

TEST_CASE("Vorbis packets are as FFmpeg sends them", "[payload][xiph]") {
  // ffmpeg -f lavfi -i anullsrc=r=44100:cl=mono:d=0.2 -c:a libvorbis -bitexact v.ogg
  // ffmpeg -i v.ogg -c copy -max_delay 0 -f rtp rtp://127.0.0.1:5004
  RecordedPackets sink;
  const auto packetizer = XiphFormat{0xfecdba}.make_packetizer(default_max_payload);
  REQUIRE(packetizer->packetize({unhex("00")}, sink));
  REQUIRE(packetizer->packetize({unhex("0a")}, sink));
  CHECK(sink.packets ==
        std::vector<RecordedPacket>{{"fecdba01000100", false, 0}, {"fecdba0100010a", false, 0}});
}

TEST_CASE("large Xiph packets are fragmented with the headers that FFmpeg writes", "[payload][xiph]") {
  // ffmpeg -i t.ogv -c copy -f rtp rtp://127.0.0.1:5004?pkt_size=400: headers fecdba40…, fecdba80…, fecdbac0…
  RecordedPackets sink;
  REQUIRE(XiphFormat{0xfecdba}.make_packetizer(10)->packetize({unhex("000102030405060708090a")}, sink));
  CHECK(sink.packets == std::vector<RecordedPacket>{{"fecdba40000400010203", false, 0},
                                                    {"fecdba80000404050607", false, 0},
                                                    {"fecdbac0000308090a", false, 0}});
}

TEST_CASE("an empty Theora packet is sent, as it repeats a picture", "[payload][xiph]") {
  RecordedPackets sink;
  REQUIRE(XiphFormat{1}.make_packetizer(10)->packetize({}, sink));
  CHECK(sink.packets == std::vector<RecordedPacket>{{"000001010000", false, 0}});
  CHECK_FALSE(XiphFormat{1}.make_packetizer(6)->packetize({unhex("00")}, sink));
}
