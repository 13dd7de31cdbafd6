#include "media/timestamps.h"

#include <catch2/catch.hpp>
#include <cstdint>

extern "C" {
#include <libavcodec/packet.h>
#include <libavutil/avutil.h>
}

#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

Packet packet(int stream, std::int64_t pts, std::int64_t dts, std::int64_t duration = 0) {
  Packet made(av_packet_alloc());
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
