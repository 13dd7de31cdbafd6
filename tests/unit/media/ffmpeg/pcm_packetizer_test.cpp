#include "media/ffmpeg/pcm_packetizer.h"

#include <catch2/catch.hpp>

extern "C" {
#include <libavcodec/avcodec.h>
}

#include "media/ffmpeg/handles.h"
#include "tests/support/recorded_packets.h"

using namespace lectern;
using namespace lectern::media;
using lectern::test::RecordedPackets;
using lectern::test::unhex;

TEST_CASE("PCM of every layout becomes big-endian 16-bit", "[media][pcm]") {
  struct Case {
    AVCodecID codec;
    std::string input, output;
  };
  const auto sample = GENERATE(values<Case>({
      {AV_CODEC_ID_PCM_S16LE, "0180ff7f", "80017fff"},
      {AV_CODEC_ID_PCM_S16BE, "80017fff", "80017fff"},
      {AV_CODEC_ID_PCM_U16LE, "0080ffff0000", "00007fff8000"},
      {AV_CODEC_ID_PCM_U16BE, "8000ffff0000", "00007fff8000"},
      {AV_CODEC_ID_PCM_S8, "80007f", "800000007f00"},
      {AV_CODEC_ID_PCM_U8, "0080ff", "800000007f00"},
      {AV_CODEC_ID_PCM_S24LE, "563412000080", "12348000"},
      {AV_CODEC_ID_PCM_S24BE, "123456800000", "12348000"},
      {AV_CODEC_ID_PCM_U24LE, "563492", "1234"},
      {AV_CODEC_ID_PCM_S32LE, "78563412", "1234"},
      {AV_CODEC_ID_PCM_S32BE, "12345678", "1234"},
      {AV_CODEC_ID_PCM_U32BE, "92345678", "1234"},
      // 0.5, -1, 2 (clipped), not a number
      {AV_CODEC_ID_PCM_F32LE, "0000003f000080bf000000400000c07f", "400080007fff0000"},
      {AV_CODEC_ID_PCM_F32BE, "3f000000bf800000", "40008000"},
      {AV_CODEC_ID_PCM_F64LE, "000000000000e03f000000000000f0bf", "40008000"},
      {AV_CODEC_ID_PCM_F64BE, "3fe0000000000000fff0000000000000", "40008000"},
  }));
  CAPTURE(sample.codec, sample.input);
  REQUIRE(is_convertible_pcm(sample.codec));
  RecordedPackets sink;
  const auto packetizer = make_pcm_packetizer(sample.codec, 48000, 1, 1000);
  REQUIRE(packetizer->packetize({unhex(sample.input)}, sink));
  REQUIRE(sink.packets.size() == 1);
  CHECK(sink.packets[0].hex == sample.output);
}

TEST_CASE("converted PCM is cut on whole frames of its own size", "[media][pcm]") {
  RecordedPackets sink;
  const auto packetizer = make_pcm_packetizer(AV_CODEC_ID_PCM_S24LE, 48000, 2, 100);
  REQUIRE(packetizer->packetize({ByteVector(6 * 50)}, sink));
  REQUIRE(sink.packets.size() == 2);
  CHECK(sink.packets[0].hex.size() == 2 * 4 * 25);
  CHECK(sink.packets[1].time_offset == 25);
  CHECK(packetizer->packetize({ByteVector(7)}, sink).error().code == Errc::invalid);
  CHECK(packetizer->packetize({ByteVector(3)}, sink).error().code == Errc::invalid);
  CHECK(sink.packets.size() == 2);
}

TEST_CASE("G.711 and planar PCM are none of it", "[media][pcm]") {
  CHECK_FALSE(is_convertible_pcm(AV_CODEC_ID_PCM_ALAW));
  CHECK(make_pcm_packetizer(AV_CODEC_ID_PCM_S16LE_PLANAR, 48000, 2, 100) == nullptr);
}

TEST_CASE("planar PCM is interleaved", "[media][pcm]") {
  struct Case {
    AVCodecID codec;
    std::string input, output;
  };
  const auto sample = GENERATE(values<Case>({
      {AV_CODEC_ID_PCM_S16LE_PLANAR, "0102030411121314", "0201121104031413"},
      {AV_CODEC_ID_PCM_S16BE_PLANAR, "0102030411121314", "0102111203041314"},
      {AV_CODEC_ID_PCM_S8_PLANAR, "01028081", "0100800002008100"},
      {AV_CODEC_ID_PCM_S24LE_PLANAR, "000102000304001112001314", "0201121104031413"},
  }));
  CAPTURE(sample.codec);
  REQUIRE(is_decodable_pcm(sample.codec));
  const CodecParameters parameters(avcodec_parameters_alloc());
  parameters->codec_type = AVMEDIA_TYPE_AUDIO;
  parameters->codec_id = sample.codec;
  parameters->sample_rate = 48000;
  av_channel_layout_default(&parameters->ch_layout, 2);
  const auto packetizer = make_decoded_pcm_packetizer(*parameters, 1000);
  REQUIRE(packetizer);
  RecordedPackets sink;
  REQUIRE((*packetizer)->packetize({unhex(sample.input)}, sink));
  REQUIRE(sink.packets.size() == 1);
  CHECK(sink.packets[0].hex == sample.output);
  CHECK_FALSE(is_decodable_pcm(AV_CODEC_ID_PCM_S16LE));
}
