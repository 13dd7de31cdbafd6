#include "media/ffmpeg/muxer_packetizer.h"

#include <catch2/catch.hpp>

extern "C" {
#include <libavcodec/codec_par.h>
#include <libavutil/channel_layout.h>
}

#include "media/ffmpeg/handles.h"
#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::media;
using lectern::test::RecordedPacket;
using lectern::test::RecordedPackets;
using lectern::test::unhex;

namespace {

CodecParameters video(AVCodecID codec) {
  CodecParameters parameters(avcodec_parameters_alloc());
  parameters->codec_type = AVMEDIA_TYPE_VIDEO;
  parameters->codec_id = codec;
  parameters->width = 64;
  parameters->height = 48;
  return parameters;
}

CodecParameters audio(AVCodecID codec, int rate) {
  CodecParameters parameters(avcodec_parameters_alloc());
  parameters->codec_type = AVMEDIA_TYPE_AUDIO;
  parameters->codec_id = codec;
  parameters->sample_rate = rate;
  av_channel_layout_default(&parameters->ch_layout, 1);
  return parameters;
}

}  // namespace

TEST_CASE("MPEG-4 video is cut as it is, the marker on the last piece (RFC 6416)", "[media][muxer]") {
  auto made = make_muxer_packetizer(*video(AV_CODEC_ID_MPEG4), 4);
  REQUIRE(made);
  RecordedPackets sink;
  REQUIRE((*made)->packetize({unhex("000001b60102"), true}, sink));
  REQUIRE((*made)->packetize({unhex("000001b6")}, sink));
  CHECK(sink.packets ==
        std::vector<RecordedPacket>{{"000001b6", false, 0}, {"0102", true, 0}, {"000001b6", true, 0}});
}

TEST_CASE("MPEG-2 video carries the header of RFC 2250 section 3.4", "[media][muxer]") {
  auto made = make_muxer_packetizer(*video(AV_CODEC_ID_MPEG2VIDEO), 24);
  REQUIRE(made);
  RecordedPackets sink;
  // A picture of temporal reference 5, an I picture (P = 1), then two slices; the second is cut: B in the
  // first packet, E in the second.
  const std::string picture = "00000100014ffff8", slice = "0000010112345678";
  REQUIRE((*made)->packetize({unhex(picture + slice + "0000010212345678"), true}, sink));
  CHECK(sink.packets == std::vector<RecordedPacket>{{"00051100" + picture + slice + "00000102", false, 0},
                                                    {"0005090012345678", true, 0}});
}

TEST_CASE("G.722 in several packets advances by its clock of 8000", "[media][muxer]") {
  auto made = make_muxer_packetizer(*audio(AV_CODEC_ID_ADPCM_G722, 16000), 16);
  REQUIRE(made);
  RecordedPackets sink;
  for (int i = 0; i < 2; ++i) REQUIRE((*made)->packetize({ByteVector(40)}, sink));
  const std::string zeros(80, '0');
  const RecordedPacket first{zeros.substr(0, 32), false, 0}, second{zeros.substr(0, 32), false, 16},
      third{zeros.substr(0, 16), false, 32};
  CHECK(sink.packets == std::vector<RecordedPacket>{first, second, third, first, second, third});
}

TEST_CASE("a packet that is full to its last byte stays one", "[media][muxer]") {
  auto made = make_muxer_packetizer(*video(AV_CODEC_ID_MPEG4), 1388);
  REQUIRE(made);
  RecordedPackets sink;
  REQUIRE((*made)->packetize({ByteVector(1388 * 2)}, sink));
  REQUIRE(sink.packets.size() == 2);
  CHECK(sink.packets[1].hex.size() == 2 * 1388);
}

TEST_CASE("the muxer refuses what it cannot carry, and empty units", "[media][muxer]") {
  CHECK_FALSE(make_muxer_packetizer(*audio(AV_CODEC_ID_FLAC, 44100), 1000).ok());
  auto made = make_muxer_packetizer(*video(AV_CODEC_ID_H261), 1000);
  REQUIRE(made);
  RecordedPackets sink;
  CHECK((*made)->packetize({}, sink).error().code == Errc::invalid);
  CHECK((*made)->flush(sink));
  CHECK(sink.packets.empty());
}
