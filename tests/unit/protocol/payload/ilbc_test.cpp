#include "protocol/payload/ilbc.h"

#include <catch2/catch.hpp>

#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::payload;
using lectern::test::RecordedPackets;

TEST_CASE("no iLBC block waits for the next, and large units are cut between blocks", "[payload][ilbc]") {
  RecordedPackets sink;
  const auto packetizer = IlbcFormat{50}.make_packetizer(120);
  CHECK(IlbcFormat{50}.fmtp() == "mode=30");
  CHECK(IlbcFormat{38}.fmtp() == "mode=20");
  REQUIRE(packetizer->packetize({ByteVector(50)}, sink));
  REQUIRE(sink.packets.size() == 1);
  REQUIRE(packetizer->packetize({ByteVector(250)}, sink));
  REQUIRE(sink.packets.size() == 4);
  CHECK(sink.packets[1].hex.size() == 200);
  CHECK(sink.packets[2].time_offset == 480);
  CHECK(sink.packets[3].hex.size() == 100);
  CHECK(sink.packets[3].time_offset == 960);
  CHECK(packetizer->packetize({ByteVector(51)}, sink).error().code == Errc::invalid);
  CHECK(packetizer->packetize({ByteVector()}, sink).error().code == Errc::invalid);
  CHECK(sink.packets.size() == 4);
}
