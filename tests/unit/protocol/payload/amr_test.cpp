#include "protocol/payload/amr.h"

#include <catch2/catch.hpp>

#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::payload;
using lectern::test::RecordedPacket;
using lectern::test::RecordedPackets;
using lectern::test::unhex;

namespace {

const std::string frame_1 = "101112131415161718191a1b";
const std::string frame_2 = "202122232425262728292a2b";

}  // namespace

TEST_CASE("AMR frames are as GStreamer sends them", "[payload][amr]") {
  // gst-launch-1.0 filesrc location=n.amr ! amrparse ! rtpamrpay ! udpsink, and for w.amr
  RecordedPackets sink;
  SECTION("narrow band") {
    const auto packetizer = AmrFormat{}.make_packetizer(default_max_payload);
    REQUIRE(packetizer->packetize({unhex("04" + frame_1)}, sink));
    CHECK(sink.packets == std::vector<RecordedPacket>{{"f004" + frame_1, false, 0}});
  }
  SECTION("wide band") {
    const auto packetizer = AmrFormat{AmrFormat::Band::wide}.make_packetizer(default_max_payload);
    REQUIRE(packetizer->packetize({unhex("04202122232425262728292a2b2c2d2e2f30")}, sink));
    CHECK(sink.packets == std::vector<RecordedPacket>{{"f004202122232425262728292a2b2c2d2e2f30", false, 0}});
  }
}

TEST_CASE("several AMR frames of a unit share a packet (RFC 4867 section 4.4)", "[payload][amr]") {
  RecordedPackets sink;
  const auto unit = unhex("04" + frame_1 + "7c" + "04" + frame_2);  // the middle one is NO_DATA
  SECTION("where they fit") {
    REQUIRE(AmrFormat{}.make_packetizer(28)->packetize({unit}, sink));
    CHECK(sink.packets == std::vector<RecordedPacket>{{"f084fc04" + frame_1 + frame_2, false, 0}});
  }
  SECTION("else time goes on by 20 ms a frame") {
    REQUIRE(AmrFormat{}.make_packetizer(27)->packetize({unit}, sink));
    CHECK(sink.packets ==
          std::vector<RecordedPacket>{{"f0847c" + frame_1, false, 0}, {"f004" + frame_2, false, 320}});
  }
}

TEST_CASE("broken AMR is refused whole", "[payload][amr]") {
  RecordedPackets sink;
  const auto packetizer = AmrFormat{}.make_packetizer(100);
  CHECK(packetizer->packetize({}, sink).error().code == Errc::invalid);
  CHECK(packetizer->packetize({unhex("04" + frame_1 + "0420")}, sink).error().code == Errc::invalid);
  CHECK(packetizer->packetize({unhex("4c")}, sink).error().code == Errc::invalid);  // frame type 9
  CHECK(AmrFormat{}.make_packetizer(13)->packetize({unhex("04" + frame_1)}, sink).error().code ==
        Errc::too_large);
  CHECK(sink.packets.empty());
}
