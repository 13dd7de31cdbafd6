#include "protocol/payload/opus.h"

#include <catch2/catch.hpp>

#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::payload;
using lectern::test::RecordedPacket;
using lectern::test::RecordedPackets;
using lectern::test::unhex;

TEST_CASE("Opus packets travel as they are", "[payload][opus]") {
  // ffmpeg -f lavfi -i sine=440:r=48000:d=0.02 -ac 1 -c:a libopus -b:a 6k o.ogg
  // gst-launch-1.0 filesrc location=o.ogg ! oggdemux ! opusparse ! rtpopuspay ! udpsink
  const auto packetizer = OpusFormat{1}.make_packetizer(default_max_payload);
  RecordedPackets sink;
  REQUIRE(packetizer->packetize({unhex("08836d82d01cfdea49fe013fc0")}, sink));
  REQUIRE(packetizer->packetize({unhex("0884c134c444ff5845c45c2ab1c2aa4c")}, sink));
  CHECK(sink.packets == std::vector<RecordedPacket>{{"08836d82d01cfdea49fe013fc0", false, 0},
                                                    {"0884c134c444ff5845c45c2ab1c2aa4c", false, 0}});
}

TEST_CASE("Opus cannot be fragmented", "[payload][opus]") {
  const auto packetizer = OpusFormat{}.make_packetizer(8);
  RecordedPackets sink;
  CHECK(packetizer->packetize({ByteVector(9)}, sink).error().code == Errc::too_large);
  CHECK(packetizer->packetize({}, sink).error().code == Errc::invalid);
  CHECK(sink.packets.empty());
  CHECK(packetizer->packetize({ByteVector(8)}, sink));
}

TEST_CASE("Opus tells its stereo", "[payload][opus]") {
  CHECK(OpusFormat{2}.fmtp() == "sprop-stereo=1");
  CHECK(OpusFormat{1}.fmtp().empty());
}
