#include "media/live/packet_times.h"

#include <catch2/catch.hpp>

extern "C" {
#include <libavformat/avformat.h>
}

#include "tests/support/live_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

constexpr std::int64_t none = AV_NOPTS_VALUE;

/// A stream of video at 25 pictures a second in 90 kHz, and one of sound without any time base.
struct Fixture {
  explicit Fixture(int reordered = 0) : context(avformat_alloc_context()) {
    AVStream* video = avformat_new_stream(context.get(), nullptr);
    video->time_base = {1, 90000};
    video->avg_frame_rate = {25, 1};
    video->codecpar->video_delay = reordered;
    AVStream* sound = avformat_new_stream(context.get(), nullptr);
    sound->time_base = {0, 0};
    selection.tracks = {cut_track("video"), cut_track("audio", "track2")};
    selection.tracks[1].stream = 1;
    times.emplace(*context, selection);
  }
  std::optional<Unit> unit(int stream, std::int64_t pts, std::int64_t dts, MediaTime now = 0, int size = 10) {
    Packet packet(av_packet_alloc());
    REQUIRE(av_new_packet(packet.get(), size) == 0);
    packet->stream_index = stream;
    packet->pts = pts;
    packet->dts = dts;
    return times->unit_of(std::move(packet), now);
  }
  OutputContext context;
  TrackSelection selection;
  std::optional<PacketTimes> times;
};

}  // namespace

TEST_CASE("times of packets become times of units, exact in ticks") {
  Fixture f;
  const auto unit = f.unit(0, 90'001, 86'401);
  REQUIRE(unit);
  CHECK(unit->pts == 1'000'011);
  CHECK(unit->dts == 960'011);
  CHECK(unit->pts_ticks == 90'001);
  CHECK(unit->duration == 40'000);
}

TEST_CASE("what a demuxer leaves out is filled in") {
  Fixture f;
  // Nothing is known: the time of arrival.
  CHECK(f.unit(0, none, none, 7'000'000)->dts == 7'000'000);
  const auto next = f.unit(0, none, none, 9'000'000);
  CHECK(next->dts == 7'040'000);
  CHECK(next->pts == 7'040'000);
  CHECK(next->pts_ticks == 7'040'000 * 9 / 100);
  CHECK(f.unit(0, none, 900'000)->pts == 10'000'000);
  CHECK(f.unit(0, 903'600, none)->dts == 10'040'000);

  Fixture reordering(2);
  CHECK(reordering.unit(0, 90'000, none)->dts == 1'000'000);
  const auto later = reordering.unit(0, 104'400, none);
  CHECK(later->pts == 1'160'000);
  CHECK(later->dts == 1'040'000);
  // A dts is never behind the pts.
  CHECK(reordering.unit(0, 93'600, none)->dts == 1'040'000);
}

TEST_CASE("empty packets, streams that were not announced and broken time bases do no harm") {
  Fixture f;
  CHECK(!f.unit(0, 0, 0, 0, 0));
  CHECK(!f.unit(2, 0, 0));
  const auto sound = f.unit(1, 3, 3);
  REQUIRE(sound);
  CHECK(sound->track == 1);
  CHECK(sound->pts == 3'000'000);
  CHECK(sound->pts_ticks == 144'000);
  CHECK(sound->duration == 0);
}
