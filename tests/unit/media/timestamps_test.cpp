#include "media/timestamps.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>

extern "C" {
#include <libavcodec/packet.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
}

#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

Packet packet(int stream, std::int64_t pts, std::int64_t dts, std::int64_t duration = 0) {
  Packet made(av_packet_alloc());
  REQUIRE(av_new_packet(made.get(), 1) == 0);
  made->stream_index = stream;
  made->pts = pts;
  made->dts = dts;
  made->duration = duration;
  return made;
}

}  // namespace

TEST_CASE("times that are missing are filled in, dts never falls, and hostile numbers stay bounded") {
  const IndexedFile indexed(clip());
  const auto demuxer = Demuxer::open(indexed.file);
  REQUIRE(demuxer);
  Timestamps times(**demuxer, indexed.selection.tracks);
  CHECK(!times.unit_of(packet(7, 0, 0)));
  // Video: 1/12800 s, 25 frames a second, one frame of 512.
  const auto first = times.unit_of(packet(0, 1024, 0, 512));
  REQUIRE(first);
  CHECK(first->pts - first->dts == 80'000);
  const auto without = times.unit_of(packet(0, AV_NOPTS_VALUE, AV_NOPTS_VALUE, 512));
  CHECK(without->dts == first->dts + 40'000);
  CHECK(without->pts_guessed);
  const auto back = times.unit_of(packet(0, 512, -5120, 512));
  CHECK(back->dts == without->dts);
  CHECK(back->pts == first->pts - 40'000);
  for (const std::int64_t wild : {INT64_MAX, INT64_MIN + 1, INT64_MAX / 2}) {
    const auto unit = times.unit_of(packet(0, wild, wild, INT64_MAX));
    CHECK(unit->dts >= back->dts);
    CHECK(std::abs(unit->pts) <= std::int64_t{1} << 57);
    CHECK(unit->duration <= 10'000'000);
  }
  times.restart(0);
  CHECK(times.unit_of(packet(0, 1024, 0, 512))->dts == first->dts);
}

namespace {

/// dts of units whose dts in the stream's time base (1/12800 s and 1/48000 s) are given in seconds.
struct Clip {
  Clip() : indexed(clip_as("times.flv")), demuxer(*Demuxer::open(indexed.file)) {}
  MediaTime dts(Timestamps& times, int stream, double seconds) const {
    const AVRational base = demuxer->stream(stream).time_base;
    const auto stamp = static_cast<std::int64_t>(std::llround(seconds * base.den / base.num));
    const auto unit = times.unit_of(packet(stream, stamp, stamp));
    REQUIRE(unit);
    return unit->dts;
  }
  [[nodiscard]] Timestamps times() const { return {*demuxer, indexed.selection.tracks}; }

  IndexedFile indexed;
  std::unique_ptr<Demuxer> demuxer;
};

}  // namespace

TEST_CASE("a unit without data is none") {
  const Clip clip;
  Timestamps times = clip.times();
  Packet empty(av_packet_alloc());
  empty->pts = empty->dts = 0;
  CHECK(!times.unit_of(std::move(empty)));
}

TEST_CASE("an absurd time holds up nothing of what follows") {
  const Clip clip;
  Timestamps times = clip.times();
  const MediaTime origin = clip.dts(times, 0, 0);
  const auto at = [&](int stream, double seconds) { return clip.dts(times, stream, seconds) - origin; };
  for (int i = 1; i <= 100; ++i) {
    CAPTURE(i);
    const bool damaged = i == 20 || (i >= 40 && i < 60);  // one unit, and as many as a fragment has
    CHECK(std::abs(at(0, 0.04 * i + (damaged ? 9000 : 0)) - 40'000 * i) < 100'000);
    CHECK(std::abs(at(1, 0.04 * i) - 40'000 * i) < 2'000);
  }
}

TEST_CASE("a pause of the whole file is kept, and one of a track beside another is no jump") {
  const Clip clip;
  Timestamps times = clip.times();
  const MediaTime origin = clip.dts(times, 0, 0);
  const auto at = [&](int stream, double seconds) { return clip.dts(times, stream, seconds) - origin; };
  for (int i = 0; i < 20; ++i) {
    at(0, 0.1 * i);
    at(1, 0.1 * i);
  }
  at(0, 60);  // may be early, until the other track is there too
  CHECK(at(1, 60.1) >= 60'000'000 - 1000);
  CHECK(at(0, 60.2) >= 60'100'000);
  // The sound goes on under a still picture.
  times.find_jumps();
  for (int i = 0; i < 300; ++i) at(1, 60.2 + 0.1 * i);
  CHECK(std::abs(at(0, 90) - 90'000'000) < 2'000);
  CHECK(!times.jumps());
  // Slides that outlast the sound.
  for (int i = 1; i < 6; ++i) {
    const MediaTime due = at(0, 90 + 20 * i);
    if (i > 1) CHECK(std::abs(due - (90 + 20 * i) * 1'000'000LL) < 2'000);
  }
}
