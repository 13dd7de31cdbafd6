#include "media/live/first_times.h"

#include <catch2/catch.hpp>
#include <optional>
#include <vector>

extern "C" {
#include <libavformat/avformat.h>
}

using namespace lectern::media;

namespace {

constexpr std::int64_t none = AV_NOPTS_VALUE;

/// Video of 25 pictures a second and sound, as a demuxer of RTP has them.
struct Fixture {
  explicit Fixture(int reordering) : context(avformat_alloc_context()) {
    for (const AVMediaType type : {AVMEDIA_TYPE_VIDEO, AVMEDIA_TYPE_AUDIO}) {
      AVStream& stream = *avformat_new_stream(context.get(), nullptr);
      stream.codecpar->codec_type = type;
      stream.time_base = {1, type == AVMEDIA_TYPE_VIDEO ? 90'000 : 48'000};
    }
    context->streams[0]->avg_frame_rate = {25, 1};
    context->streams[0]->codecpar->video_delay = reordering;
    times.emplace(*context);
  }
  void push(int stream, std::int64_t pts, std::int64_t dts = none) {
    Packet packet(av_packet_alloc());
    packet->stream_index = stream;
    packet->pts = pts;
    packet->dts = dts;
    times->push(std::move(packet));
  }
  /// Stream and pts of what is ready.
  std::vector<std::pair<int, std::int64_t>> ready() {
    std::vector<std::pair<int, std::int64_t>> all;
    while (const Packet packet = times->pop()) all.emplace_back(packet->stream_index, packet->pts);
    return all;
  }

  OutputContext context;
  std::optional<FirstTimes> times;
};

using Times = std::vector<std::pair<int, std::int64_t>>;

}  // namespace

TEST_CASE("a first picture without a time comes a frame before those behind it") {
  Fixture f(2);
  f.push(0, none);
  f.push(1, 0);
  f.push(0, 14'400);
  f.push(1, 1024);
  f.push(0, 7'200);
  CHECK(f.ready().empty());
  f.push(0, 3'600);
  CHECK(f.ready() == Times{{0, 0}, {1, 0}, {0, 14'400}, {1, 1024}, {0, 7'200}, {0, 3'600}});
  f.push(0, 10'800);
  CHECK(f.ready() == Times{{0, 10'800}});
}

TEST_CASE("where pictures are not reordered the next one tells it") {
  Fixture f(0);
  f.push(0, none);
  CHECK(f.ready().empty());
  f.push(0, 93'600);
  CHECK(f.ready() == Times{{0, 90'000}, {0, 93'600}});
}

TEST_CASE("what has its time is not held") {
  Fixture f(2);
  f.push(0, none, 500);
  f.push(1, none);
  f.push(0, 7'200);
  f.push(7, none);
  CHECK(f.ready() == Times{{0, none}, {1, none}, {0, 7'200}, {7, none}});
}

TEST_CASE("who has no times at all is not waited for, and nobody is waited for long") {
  Fixture raw(2);
  raw.push(0, none);
  raw.push(0, none);
  CHECK(raw.ready() == Times{{0, none}, {0, none}});
  Fixture lone(2);
  lone.push(0, none);
  for (int i = 0; i < 126; ++i) lone.push(1, i);
  CHECK(lone.ready().empty());
  lone.push(1, 126);
  CHECK(lone.ready().size() == 128);
}
