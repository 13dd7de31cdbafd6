#include "protocol/payload/l16.h"

#include <catch2/catch.hpp>

#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::payload;
using lectern::test::RecordedPacket;
using lectern::test::RecordedPackets;
using lectern::test::unhex;

TEST_CASE("L16 is cut on whole sample frames, as FFmpeg and GStreamer do", "[payload][l16]") {
  // ffmpeg -f lavfi -i sine=440:r=44100:d=0.0003 -ac 2 -c:a pcm_s16be -f s16be l.s16
  // ffmpeg -f s16be -ar 44100 -ac 2 -i l.s16 -c copy -f rtp rtp://127.0.0.1:5004?pkt_size=34
  // gst-launch-1.0 filesrc location=l.s16 blocksize=52 !
  // audio/x-raw,format=S16BE,layout=interleaved,rate=44100,
  //   channels=2 ! rtpL16pay mtu=34 ! udpsink
  const auto packetizer = L16Format{44100, 2}.make_packetizer(22);
  RecordedPackets sink;
  REQUIRE(packetizer->packetize({unhex("0000000000b500b501690169021d021d02ce02ce037c037c0427042704ce"
                                       "04ce05700570060c060c06a206a20732073207ba07ba")},
                                sink));
  CHECK(sink.packets == std::vector<RecordedPacket>{{"0000000000b500b501690169021d021d02ce02ce", false, 0},
                                                    {"037c037c0427042704ce04ce05700570060c060c", false, 5},
                                                    {"06a206a20732073207ba07ba", false, 10}});
}

TEST_CASE("L16 packets are equal but the last", "[payload][l16]") {
  RecordedPackets sink;
  REQUIRE(L16Format{48000, 2}.make_packetizer(default_max_payload)->packetize({ByteVector(4096)}, sink));
  REQUIRE(sink.packets.size() == 3);
  CHECK(sink.packets[0].hex.size() == 2 * 4 * 342);
  CHECK(sink.packets[2].hex.size() == 2 * 4 * 340);
  CHECK(sink.packets[2].time_offset == 684);
}

TEST_CASE("L16 refuses broken units and settings", "[payload][l16]") {
  RecordedPackets sink;
  CHECK(L16Format{48000, 2}.make_packetizer(100)->packetize({ByteVector(6)}, sink).error().code ==
        Errc::invalid);
  CHECK_FALSE(L16Format{48000, 2}.make_packetizer(3)->packetize({ByteVector(4)}, sink));
  CHECK_FALSE(L16Format{48000, 0}.make_packetizer(100)->packetize({ByteVector(4)}, sink));
  CHECK(sink.packets.empty());
}
