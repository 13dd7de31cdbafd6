// What is sent when a play goes on where it stopped.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/unit/server/rtsp/session_bench.h"

using namespace lectern;
using namespace lectern::server;
using namespace std::chrono_literals;
using lectern::test::SessionBench;
using lectern::test::Wire;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::size_t video = 0, audio = 1;

PlayOrder order(std::optional<media::MediaTime> from, std::optional<media::MediaTime> to = {},
                double scale = 1, double speed = 1) {
  return {from, to, scale, speed};
}

std::int32_t distance(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}

/// The time stamp of each picture, in the order of sending.
std::vector<std::uint32_t> pictures(const Wire& wire) {
  std::vector<std::uint32_t> stamps;
  bool begun = false;
  for (const Wire::Rtp& packet : wire.of(video)) {
    if (begun) {
      REQUIRE(packet.timestamp == stamps.back());
    } else {
      stamps.push_back(packet.timestamp);
    }
    begun = !packet.marker;
  }
  return stamps;
}

/// Pictures that are sent in one order of display, and belong into the other.
std::size_t out_of_order(SessionBench& bench, const std::vector<std::uint32_t>& stamps) {
  std::vector<std::int64_t> pts;
  for (const media::Train& train : bench.trains(video))
    if (train.unit_start) pts.push_back(train.pts_ticks);
  REQUIRE(stamps.size() <= pts.size());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < stamps.size(); ++i)
    for (std::size_t k = i + 1; k < std::min(stamps.size(), i + 6); ++k)
      wrong += (pts[i] < pts[k]) != (distance(stamps[i], stamps[k]) > 0);
  return wrong;
}

/// Plays on until a picture is cut in the middle, which the viewer then does not take.
void stall_amid_picture(SessionBench& bench) {
  for (int i = 0; i < 200; ++i) {
    bench.run_until([&] { return bench.session().stalled(); });
    if (const auto& last = bench.wire.rtp.back(); last.track == video && !last.marker) return;
    bench.wire.room = 1;
    bench.session().delivery_ready();
  }
  FAIL("no picture of several packets");
}

}  // namespace

TEST_CASE("The rest of a picture that a slow viewer took half of keeps its time when play goes on",
          "[session]") {
  const bool pauses = GENERATE(true, false);
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  bench.wire.room = 1;
  REQUIRE(bench.play());
  stall_amid_picture(bench);
  // Twice: nothing leaves between the two, and the picture is still of the first play.
  for (const double speed : {2.0, 1.5}) {
    if (pauses) {
      bench.pause();
      bench.run_for(30ms);
    }
    REQUIRE(bench.play(order({}, {}, 1, speed)));
    CHECK(bench.session().stalled());
  }
  const std::size_t before = bench.wire.of(video).size();
  bench.wire.room = SIZE_MAX;
  bench.session().delivery_ready();
  bench.run_until([&] { return bench.wire.of(video).size() > before + 30; });
  CHECK(out_of_order(bench, pictures(bench.wire)) == 0);
}

TEST_CASE("Pictures are shown in their order over pauses and changes of speed", "[session]") {
  const bool pauses = GENERATE(true, false);
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  REQUIRE(bench.play());
  for (int i = 0; i < 24; ++i) {
    bench.run_for(std::chrono::milliseconds(41 + i));
    if (pauses) {
      bench.pause();
      bench.run_for(15ms);
    }
    REQUIRE(bench.play(order({}, {}, 1, pauses || i % 2 ? 1 : 1.25)));
  }
  bench.run_for(200ms);
  const auto stamps = pictures(bench.wire);
  CHECK(stamps.size() > 30);
  CHECK(out_of_order(bench, stamps) == 0);
}

TEST_CASE("What a pause sends on is a few pictures at most", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  REQUIRE(bench.play());
  for (int i = 0; i < 12; ++i) {
    bench.run_for(53ms);
    const std::size_t before = bench.wire.rtp.size();
    bench.pause();
    std::size_t sent = 0;
    for (std::size_t k = before; k < bench.wire.rtp.size(); ++k) sent += bench.wire.rtp[k].marker;
    CHECK(sent <= 10);
    REQUIRE(bench.play());
  }
}

TEST_CASE("PLAY while playing names the time of each track at the position it answers", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  SECTION("of a track that is not read at this scale") {
    const auto first = bench.play(order(0, {}, 2, 1));
    REQUIRE(first);
    bench.run_for(600ms);
    const auto again = bench.play(order({}, {}, 2, 1));
    REQUIRE(again);
    const double seconds =
        distance(first->streams[audio].timestamp, again->streams[audio].timestamp) / 48'000.0;
    CHECK(seconds > 0.4);
    CHECK(std::abs(seconds - static_cast<double>(again->from - first->from) / 2e6) < 0.001);
    CHECK(again->streams[audio].sequence == first->streams[audio].sequence);
  }
  SECTION("also where a track has no unit left in the segment") {
    const auto first = bench.play(order(0, {}, 1, 2));
    REQUIRE(first);
    while (bench.wire.byes() == 0) {
      bench.run_for(7ms);
      if (bench.session().state() != rtsp::State::playing) break;
      const auto again = bench.play(order({}, {}, 1, 2));
      REQUIRE(again);
      const double range = static_cast<double>(again->from - first->from) / 1e6;
      for (const std::size_t track : {video, audio}) {
        const double rate = track == video ? 90'000 : 48'000;
        const double named =
            distance(first->streams[track].timestamp, again->streams[track].timestamp) / rate;
        CAPTURE(track, range, named);
        REQUIRE(std::abs(named - range) < 0.3);
      }
    }
  }
}

TEST_CASE("An end that is behind where play would begin is refused, and nothing changes", "[session]") {
  SessionBench bench("lecture.mp4");
  bench.set_up_all();
  REQUIRE(bench.play(order(6 * second)));
  bench.run_for(100ms);
  const bool paused = GENERATE(true, false);
  if (paused) bench.pause();
  for (const auto& refused : {order({}, 5 * second), order({}, 8 * second, -4)}) {
    const auto begun = bench.play(refused);
    REQUIRE_FALSE(begun);
    CHECK(begun.error().code == Errc::end);
  }
  CHECK(bench.session().state() == (paused ? rtsp::State::ready : rtsp::State::playing));
  const std::size_t before = bench.wire.rtp.size();
  if (paused) REQUIRE(bench.play());
  bench.run_until([&] { return bench.wire.rtp.size() > before + 10; });
  CHECK(bench.play(order({}, 8 * second)));
  CHECK(bench.play(order({}, 5 * second, -4)));
}
