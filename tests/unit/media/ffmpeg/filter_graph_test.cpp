#include "media/ffmpeg/filter_graph.h"

#include <catch2/catch.hpp>

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>
}

#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

TEST_CASE("a filter graph without input gives frames until its end") {
  silence_ffmpeg();
  auto graph = FilterGraph::source("testsrc2=size=64x48:rate=25:duration=0.08,format=yuv420p", true);
  REQUIRE(graph);
  const auto frame = graph->next();
  REQUIRE(frame);
  CHECK((*frame)->width == 64);
  CHECK((*frame)->format == AV_PIX_FMT_YUV420P);
  REQUIRE(graph->next());
  const auto end = graph->next();
  REQUIRE(!end);
  CHECK(end.error().code == Errc::end);
}

TEST_CASE("a filter graph that is fed gives each frame changed") {
  silence_ffmpeg();
  auto source = FilterGraph::source("testsrc2=size=64x48:rate=25,format=rgb24", true);
  auto graph =
      FilterGraph::video_filter("video_size=64x48:pix_fmt=rgb24:time_base=1/25", "scale=32:24,format=gray");
  REQUIRE(source);
  REQUIRE(graph);
  CHECK(graph->next().error().code == Errc::end);
  const auto frame = source->next();
  REQUIRE(graph->feed(**frame));
  const auto changed = graph->next();
  REQUIRE(changed);
  CHECK((*changed)->width == 32);
  CHECK((*changed)->format == AV_PIX_FMT_GRAY8);
  CHECK((*frame)->width == 64);
}

TEST_CASE("filters that are not there are named") {
  silence_ffmpeg();
  for (const std::string chain : {"no-such-filter", "testsrc2=no-such-option=1"}) {
    const auto graph = FilterGraph::source(chain, true);
    REQUIRE(!graph);
    CHECK(graph.error().code == Errc::unsupported);
    CHECK(graph.error().message.find(chain) != std::string::npos);
  }
}
