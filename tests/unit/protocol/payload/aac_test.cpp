#include "protocol/payload/aac.h"

#include <catch2/catch.hpp>

#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::payload;
using lectern::test::RecordedPacket;
using lectern::test::RecordedPackets;
using lectern::test::unhex;

namespace {

// ffmpeg -f lavfi -i sine=440:r=8000:d=0.128 -ac 1 -c:a aac -b:a 8k -frames:a 2 a.aac: the first frame, whole
const std::string adts_header = "fff16c401e1ffc";
const std::string unit =
    "de02004c61766335392e33372e3130300002446551905024dae955fd24fb7b6a4b9711224489124827a767a767a771594e5594e5"
    "594e2b138ac4e2b138ac4e2b29cab29c56271589c565362b0e2b138aca4242424242424a65a66754899fb71822f9303030303030"
    "30303031b96506965965965965965965965965965965965965965965965965965965965965965965965965965965965965965965"
    "96596596596596596596596596596596596596596596596596596596596596596596596596596596596596596596596596596596"
    "59659659659659659659659659659659659659659659659780";

std::vector<RecordedPacket> cut(std::string_view hex, std::size_t max_payload) {
  RecordedPackets sink;
  REQUIRE(AacFormat{8000, 1, {}}.make_packetizer(max_payload)->packetize({unhex(hex)}, sink));
  return sink.packets;
}

}  // namespace

TEST_CASE("an AAC unit is one packet, as by FFmpeg and GStreamer", "[payload][aac]") {
  // ffmpeg -f lavfi -i anullsrc=r=44100:cl=stereo:d=0.1 -c:a aac -bitexact -frames:a 3 s.aac
  // gst-launch-1.0 filesrc location=s.aac ! aacparse ! rtpmp4gpay ! udpsink; FFmpeg's rtp muxer sends the
  // same
  const std::vector<RecordedPacket> expected{{"00100030211004608c1c", true, 0}};
  CHECK(cut("211004608c1c", 100) == expected);
  CHECK(cut("fff1508001bffc211004608c1c", 100) == expected);
  CHECK(cut("fff0508001fffc0000211004608c1c", 100) == expected);
}

TEST_CASE("a large AAC unit is fragmented as by FFmpeg and GStreamer", "[payload][aac]") {
  // gst-launch-1.0 filesrc location=a.aac ! aacparse ! rtpmp4gpay mtu=40 ! udpsink
  // ffmpeg -i a.mp4 -c copy -f rtp rtp://127.0.0.1:5004?pkt_size=40: the same
  const auto packets = cut(adts_header + unit, 28);
  REQUIRE(packets.size() == 10);
  CHECK(packets[0] == RecordedPacket{"00100748de02004c61766335392e33372e3130300002446551905024", false, 0});
  CHECK(packets[1] == RecordedPacket{"00100748dae955fd24fb7b6a4b9711224489124827a767a767a77159", false, 0});
  CHECK(packets[4] == RecordedPacket{"0010074822f930303030303030303031b96506965965965965965965", false, 0});
  CHECK(packets[9] == RecordedPacket{"001007489659659659659659659659659659659780", true, 0});
}

TEST_CASE("AAC units that cannot be told are refused", "[payload][aac]") {
  RecordedPackets sink;
  const auto packetizer = AacFormat{8000, 1, {}}.make_packetizer(1000);
  CHECK(packetizer->packetize({}, sink).error().code == Errc::invalid);
  CHECK(packetizer->packetize({ByteVector(8192)}, sink).error().code == Errc::too_large);
  // The header says 13 bytes, one is missing; then two raw data blocks.
  CHECK(packetizer->packetize({unhex("fff1508001bffc211004608c")}, sink).error().code == Errc::invalid);
  CHECK(packetizer->packetize({unhex("fff1508001bffd211004608c1c")}, sink).error().code == Errc::unsupported);
  CHECK_FALSE(AacFormat{}.make_packetizer(4)->packetize({ByteVector(1)}, sink));
  CHECK(sink.packets.empty());
  CHECK(packetizer->packetize({ByteVector(8191)}, sink));
  CHECK(sink.packets.size() == 9);
}

TEST_CASE("AAC describes itself", "[payload][aac]") {
  const auto format = AacFormat::from_config(unhex("1190"));
  REQUIRE(format);
  CHECK(format->sample_rate == 48000);
  CHECK(format->channels == 2);
  CHECK(format->fmtp() ==
        "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config="
        "1190");
}

TEST_CASE("AAC without a configuration is described by its ADTS header", "[payload][aac]") {
  // GStreamer's aacparse says config=1210 for this one, FFmpeg says 1588 for the other.
  const auto stereo = AacFormat::from_adts(unhex("fff1508001bffc211004608c1c"));
  REQUIRE(stereo);
  CHECK(hex_encode(stereo->config) == "1210");
  const auto mono = AacFormat::from_adts(unhex(adts_header + unit));
  REQUIRE(mono);
  CHECK(hex_encode(mono->config) == "1588");
  CHECK(mono->sample_rate == 8000);
  CHECK(AacFormat::from_adts(unhex("fff1500001bffc211004608c1c")).error().code == Errc::unsupported);
  CHECK(AacFormat::from_adts(unhex("211004608c1c")).error().code == Errc::invalid);
}
