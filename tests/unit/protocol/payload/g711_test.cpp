#include "protocol/payload/g711.h"

#include <catch2/catch.hpp>

#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::payload;
using lectern::test::RecordedPacket;
using lectern::test::RecordedPackets;
using lectern::test::unhex;

TEST_CASE("G.711 is cut where FFmpeg cuts it", "[payload][g711]") {
  // ffmpeg -f lavfi -i sine=440:r=8000:d=0.0025 -c:a pcm_alaw -f alaw p.al
  // ffmpeg -f alaw -ar 8000 -ac 1 -i p.al -c copy -f rtp rtp://127.0.0.1:5004?pkt_size=20
  const auto packetizer = G711Format{G711Format::Law::a, 8000, 1}.make_packetizer(8);
  RecordedPackets sink;
  REQUIRE(packetizer->packetize({unhex("d5e0919e9a9a9990e2dd66161e1a1a19106c45e4")}, sink));
  CHECK(sink.packets == std::vector<RecordedPacket>{{"d5e0919e9a9a9990", false, 0},
                                                    {"e2dd66161e1a1a19", false, 8},
                                                    {"106c45e4", false, 16}});
}

TEST_CASE("G.711 packets hold 20 ms at most", "[payload][g711]") {
  RecordedPackets sink;
  SECTION("mono") {
    REQUIRE(G711Format{}.make_packetizer(default_max_payload)->packetize({ByteVector(400)}, sink));
    REQUIRE(sink.packets.size() == 3);
    CHECK(sink.packets[0].hex.size() == 320);
    CHECK(sink.packets[2].hex.size() == 160);
    CHECK(sink.packets[2].time_offset == 320);
  }
  SECTION("stereo: offsets count sample frames") {
    const G711Format format{G711Format::Law::mu, 16000, 2};
    REQUIRE(format.make_packetizer(default_max_payload)->packetize({ByteVector(1280)}, sink));
    REQUIRE(sink.packets.size() == 2);
    CHECK(sink.packets[1].hex.size() == 1280);
    CHECK(sink.packets[1].time_offset == 320);
  }
}

TEST_CASE("G.711 refuses broken units and settings", "[payload][g711]") {
  RecordedPackets sink;
  const G711Format stereo{G711Format::Law::mu, 8000, 2};
  CHECK(stereo.make_packetizer(100)->packetize({ByteVector(3)}, sink).error().code == Errc::invalid);
  CHECK(stereo.make_packetizer(100)->packetize({}, sink).error().code == Errc::invalid);
  CHECK(stereo.make_packetizer(1)->packetize({ByteVector(4)}, sink).error().code == Errc::invalid);
  CHECK_FALSE(G711Format{G711Format::Law::a, 8000, 0}.make_packetizer(100)->packetize({ByteVector(4)}, sink));
  CHECK(sink.packets.empty());
  CHECK(G711Format{G711Format::Law::a}.encoding() == "PCMA");
  CHECK(G711Format{G711Format::Law::mu}.encoding() == "PCMU");
}
