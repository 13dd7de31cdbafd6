#include "protocol/payload/ac3.h"

#include <catch2/catch.hpp>

#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::payload;
using lectern::test::RecordedPacket;
using lectern::test::RecordedPackets;
using lectern::test::unhex;

namespace {

// ffmpeg -f lavfi -i anullsrc=r=48000:cl=mono:d=0.032 -c:a ac3 -b:a 32k c.ac3
const std::string first_80 =
    "0b7796b900402f842903fe757cf9f3e7cf9f3e7cf9f3e7cf9f3e7cf9f3e7cf8cbfba90000036b5ad6b5ad6b5ad6b5a94000000da"
    "d6"
    "b5ad6b5ad6b5ad6a500000036b5ad6b5ad6b5ad6b5a94000000dad";
const std::string last_48 =
    "6b5ad6b5ad6b5ad6a500000036b5ad6b5ad6b5ad6b5a94000000dad6b5ad6b5ad6b5ad6a40000000000000000000b2b0";

}  // namespace

TEST_CASE("an AC-3 frame that fits is as GStreamer sends it", "[payload][ac3]") {
  // gst-launch-1.0 filesrc location=c.ac3 ! ac3parse ! rtpac3pay ! udpsink
  RecordedPackets sink;
  REQUIRE(Ac3Format{48000, 1}.make_packetizer(130)->packetize({unhex(first_80 + last_48)}, sink));
  CHECK(sink.packets == std::vector<RecordedPacket>{{"0001" + first_80 + last_48, true, 0}});
}

TEST_CASE("an AC-3 frame in two packets has 5/8 in the first, as by GStreamer", "[payload][ac3]") {
  // gst-launch-1.0 filesrc location=c.ac3 ! ac3parse ! rtpac3pay mtu=94 ! udpsink
  RecordedPackets sink;
  REQUIRE(Ac3Format{48000, 1}.make_packetizer(82)->packetize({unhex(first_80 + last_48)}, sink));
  CHECK(sink.packets ==
        std::vector<RecordedPacket>{{"0102" + first_80, false, 0}, {"0302" + last_48, true, 0}});
}

TEST_CASE("an AC-3 frame in many packets begins with FT 2", "[payload][ac3]") {
  RecordedPackets sink;
  REQUIRE(Ac3Format{48000, 1}.make_packetizer(45)->packetize({unhex(first_80 + last_48)}, sink));
  REQUIRE(sink.packets.size() == 3);
  CHECK(sink.packets[0].hex.substr(0, 8) == "02030b77");
  CHECK(sink.packets[1].hex.substr(0, 4) == "0303");
  CHECK(sink.packets[2].hex.size() == 2 * (2 + 42));
  CHECK_FALSE(sink.packets[1].marker);
  CHECK(sink.packets[2].marker);
}

TEST_CASE("AC-3 refuses units that are none", "[payload][ac3]") {
  RecordedPackets sink;
  const auto packetizer = Ac3Format{}.make_packetizer(100);
  CHECK(packetizer->packetize({}, sink).error().code == Errc::invalid);
  CHECK(packetizer->packetize({unhex("770b96b9")}, sink).error().code == Errc::invalid);
  CHECK(packetizer->packetize({unhex("0b")}, sink).error().code == Errc::invalid);
  CHECK(Ac3Format{}.make_packetizer(2)->packetize({unhex("0b7796b9")}, sink).error().code == Errc::invalid);
  ByteVector large = unhex("0b77");
  large.resize(2000);
  CHECK(Ac3Format{}.make_packetizer(6)->packetize({large}, sink).error().code == Errc::too_large);
  CHECK(sink.packets.empty());
}
