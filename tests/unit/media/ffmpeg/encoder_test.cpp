#include "media/ffmpeg/encoder.h"

#include <catch2/catch.hpp>

extern "C" {
#include <libavcodec/packet.h>
#include <libavutil/frame.h>
}

#include "media/ffmpeg/filter_graph.h"

#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

TEST_CASE("each picture comes out of the encoder at once, every so many at random access") {
  silence_ffmpeg();
  auto graph = FilterGraph::source("testsrc2=size=64x48:rate=25,format=yuv420p", true);
  REQUIRE(graph);
  auto encoder = Encoder::h264(graph->output(), {100'000, 5});
  REQUIRE(encoder);
  std::string points;
  for (std::size_t i = 0; i < 12; ++i) {
    const auto frame = graph->next();
    REQUIRE(frame);
    REQUIRE(encoder->encode(**frame, [&](const Packet& packet) {
      CHECK(packet->pts == static_cast<std::int64_t>(i));
      points += packet->flags & AV_PKT_FLAG_KEY ? 'K' : '.';
    }));
    REQUIRE(points.size() == i + 1);
  }
  CHECK(points == "K....K....K.");
}

TEST_CASE("sound is encoded, and encoders that are not there are named") {
  silence_ffmpeg();
  auto tone =
      FilterGraph::source("sine=sample_rate=48000:samples_per_frame=960,aformat=sample_fmts=s16", false);
  REQUIRE(tone);
  auto opus = Encoder::audio("libopus", tone->output(), 64'000);
  REQUIRE(opus);
  CHECK(opus->frame_size() == 960);
  std::size_t packets = 0;
  for (int i = 0; i < 5; ++i) {
    const auto frame = tone->next();
    REQUIRE(frame);
    REQUIRE(opus->encode(**frame, [&](const Packet&) { ++packets; }));
  }
  CHECK(packets >= 4);
  const auto missing = Encoder::audio("no-such-codec", tone->output(), 64'000);
  REQUIRE(!missing);
  CHECK(missing.error().message == "this FFmpeg has no encoder no-such-codec");
}
