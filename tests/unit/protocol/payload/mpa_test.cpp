#include "protocol/payload/mpa.h"

#include <catch2/catch.hpp>

#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::payload;
using lectern::test::RecordedPacket;
using lectern::test::RecordedPackets;
using lectern::test::unhex;

namespace {

const std::string first_half =
    "fffd18c453683409268fffcc41ab766f27f58f49709369f59757bdeb62d8f96c7cd6b5af7bd6c5b1f2d8f9ad6b5cee2fb693563f"
    "99"
    "61250b85939767cb63e6b5ada3d4242e072334";
const std::string second_half =
    "cc6c6391755d46f3d96e8c97683a452cb641a1903990cc6472656c4b358a9cb31d87a8a0d93a180c6646c3c2e975952390e56d74"
    "1b"
    "62132ad9088924d37cf43c32c929d3e8b332ad";

}  // namespace

TEST_CASE("MPEG audio frames are fragmented as by FFmpeg", "[payload][mpa]") {
  // ffmpeg -f lavfi -i sine=440:r=32000:d=0.1 -ac 1 -c:a mp2 -b:a 32k -frames:a 3 m.mp2
  // ffmpeg -f mp3 -i m.mp2 -c copy -frames:a 1 -f rtp rtp://127.0.0.1:5004?pkt_size=88
  // gst-launch-1.0 filesrc location=m.mp2 ! mpegaudioparse ! rtpmpapay mtu=88 ! udpsink: the same bytes
  const auto packetizer = MpaFormat{}.make_packetizer(76);
  RecordedPackets sink;
  REQUIRE(packetizer->packetize({unhex(first_half + second_half)}, sink));
  CHECK(sink.packets == std::vector<RecordedPacket>{{"00000000" + first_half, false, 0},
                                                    {"00000048" + second_half, false, 0}});
}

TEST_CASE("an MPEG audio frame that fits is one packet", "[payload][mpa]") {
  RecordedPackets sink;
  REQUIRE(MpaFormat{}.make_packetizer(148)->packetize({unhex(first_half + second_half)}, sink));
  CHECK(sink.packets == std::vector<RecordedPacket>{{"00000000" + first_half + second_half, false, 0}});
}

TEST_CASE("MPEG audio refuses what Frag_offset cannot tell", "[payload][mpa]") {
  RecordedPackets sink;
  CHECK(MpaFormat{}.make_packetizer(100)->packetize({}, sink).error().code == Errc::invalid);
  CHECK(MpaFormat{}.make_packetizer(4)->packetize({ByteVector(1)}, sink).error().code == Errc::invalid);
  CHECK(MpaFormat{}.make_packetizer(100)->packetize({ByteVector(65536)}, sink).error().code ==
        Errc::too_large);
  CHECK(sink.packets.empty());
}
