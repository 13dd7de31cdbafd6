#include "media/ffmpeg/picture_encoder.h"

#include <catch2/catch.hpp>
#include <cstring>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

/// A stream of raw pictures in YUYV, as cameras give them.
struct RawStream {
  RawStream() : context(avformat_alloc_context()), stream(avformat_new_stream(context.get(), nullptr)) {
    AVCodecParameters& parameters = *stream->codecpar;
    parameters.codec_type = AVMEDIA_TYPE_VIDEO;
    parameters.codec_id = AV_CODEC_ID_RAWVIDEO;
    parameters.format = AV_PIX_FMT_YUYV422;
    parameters.width = 160;
    parameters.height = 120;
    stream->time_base = {1, 1'000'000};
    stream->avg_frame_rate = {25, 1};
  }
  Packet picture(std::int64_t pts, int shade) const {
    Packet packet(av_packet_alloc());
    REQUIRE(av_new_packet(packet.get(), 160 * 120 * 2) == 0);
    std::memset(packet->data, shade, static_cast<std::size_t>(packet->size));
    packet->pts = packet->dts = pts;
    return packet;
  }
  OutputContext context;
  AVStream* stream;
};

}  // namespace

TEST_CASE("each raw picture is H.264 at once, with the time it had") {
  silence_ffmpeg();
  const RawStream raw;
  auto encoder = PictureEncoder::create(*raw.stream, {500'000, 10});
  REQUIRE(encoder);
  std::vector<std::int64_t> times, points;
  const std::int64_t begin = 1'700'000'000'000'000;
  for (int i = 0; i < 30; ++i) {
    REQUIRE(encoder->encode(*raw.picture(begin + i * 40'000, i * 8), [&](Packet packet) {
      times.push_back(packet->pts);
      CHECK(packet->dts == packet->pts);
      if (packet->flags & AV_PKT_FLAG_KEY) points.push_back(packet->pts);
    }));
    REQUIRE(times.size() == static_cast<std::size_t>(i) + 1);
    CHECK(times.back() == begin + i * 40'000);
  }
  CHECK(points == std::vector<std::int64_t>{begin, begin + 400'000, begin + 800'000});
  REQUIRE(encoder->describe(*raw.stream));
  CHECK(raw.stream->codecpar->codec_id == AV_CODEC_ID_H264);
  CHECK(raw.stream->codecpar->extradata_size > 8);
  CHECK(raw.stream->codecpar->width == 160);
}

TEST_CASE("a picture that is half there is left out") {
  silence_ffmpeg();
  const RawStream raw;
  auto encoder = PictureEncoder::create(*raw.stream, {500'000, 10});
  REQUIRE(encoder);
  const Packet half = raw.picture(0, 1);
  av_shrink_packet(half.get(), 1000);
  int packets = 0;
  CHECK(encoder->encode(*half, [&](const Packet&) { ++packets; }));
  CHECK(packets == 0);
  CHECK(encoder->encode(*raw.picture(40'000, 1), [&](const Packet&) { ++packets; }));
  CHECK(packets == 1);
}
