#include "media/live/live_times.h"

#include <catch2/catch.hpp>

#include "tests/support/live_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

constexpr MediaTime second = 1'000'000;

struct Fixture {
  Fixture() { times.begin(tracks); }
  Unit place(std::uint8_t track, MediaTime dts, MediaTime now) {
    Unit unit = live_unit(track, dts, true).unit;
    unit.pts_ticks = dts / 1000 * (track == 0 ? 90 : 48);
    times.place(unit, now);
    return unit;
  }
  std::vector<Track> tracks{cut_track("video"), cut_track("audio", "track2")};
  LiveTimes times;
};

}  // namespace

TEST_CASE("a run of a source begins at the present, its tracks as far apart as it has them") {
  Fixture f;
  const Unit video = f.place(0, 500 * second, 7 * second);
  CHECK(video.dts == 7 * second);
  CHECK(video.pts == 7 * second);
  CHECK(video.pts_ticks == 7 * 90'000);
  CHECK(f.place(1, 500 * second + 20'000, 7 * second).dts == 7 * second + 20'000);
  CHECK(f.place(0, 500 * second + 40'000, 7 * second + 90'000).pts_ticks == 7 * 90'000 + 3600);
  CHECK(f.times.repaired() == 0);
}

TEST_CASE("after an outage time has gone on by as much, and never goes back") {
  Fixture f;
  f.place(0, 0, 0);
  f.times.begin(f.tracks);
  CHECK(f.place(0, 90 * second, 30 * second).dts == 30 * second);
  f.times.begin(f.tracks);
  // At once: behind what was sent.
  CHECK(f.place(0, 3, 30 * second).dts == 30 * second + 40'000);
  CHECK(f.times.repaired() == 0);
}

TEST_CASE("times that jump are repaired, sound and picture alike, and counted") {
  Fixture f;
  f.place(0, 0, 0);
  f.place(1, 10'000, 0);
  const MediaTime jumps = 70'000 * second;
  CHECK(f.place(0, jumps + 40'000, 40'000).dts == 40'000);
  CHECK(f.place(1, jumps + 50'000, 50'000).dts == 50'000);
  CHECK(f.place(0, jumps + 80'000, 80'000).dts == 80'000);
  CHECK(f.times.repaired() == 2);
  // And back.
  CHECK(f.place(0, 120'000, 120'000).dts == 120'000);
  CHECK(f.place(0, 160'000, 160'000).pts_ticks == 14'400);
  CHECK(f.times.repaired() == 3);
}

TEST_CASE("a source that paused is right in going on with the time of the clock") {
  Fixture f;
  f.place(0, 0, 0);
  CHECK(f.place(0, 25 * second, 25 * second + 100'000).dts == 25 * second);
  CHECK(f.times.repaired() == 0);
  // One that counted no time meanwhile is brought to the present.
  CHECK(f.place(0, 25 * second + 40'000, 100 * second).dts == 100 * second);
  CHECK(f.times.repaired() == 1);
}

TEST_CASE("sound does not go back, and a picture is decoded in order though it is shown before another") {
  Fixture f;
  f.place(0, 5 * second, 0);
  f.place(1, 5 * second, 0);
  const Unit reordered = f.place(0, 4 * second + 900'000, 40'000);
  CHECK(reordered.dts == 0);
  CHECK(reordered.pts == -100'000);
  CHECK(reordered.pts_ticks == -9000);
  CHECK(f.times.repaired() == 0);
  const Unit sound = f.place(1, 4 * second + 900'000, 40'000);
  CHECK(sound.dts == 0);
  CHECK(sound.pts == 0);
  CHECK(sound.pts_ticks == 0);
  CHECK(f.times.repaired() == 1);
  // Farther back is another clock.
  CHECK(f.place(0, 4 * second, 80'000).pts == 40'000);
  CHECK(f.times.repaired() == 2);
}

TEST_CASE("times that nothing has are kept within bounds") {
  Fixture f;
  f.place(0, 5 * second, 0);
  Unit late = live_unit(0, 5 * second + 40'000, true).unit;
  late.pts = late.dts + 1000 * second;
  f.times.place(late, 80'000);
  CHECK(late.pts == late.dts);
  CHECK(f.times.repaired() == 1);
  Unit huge = live_unit(0, INT64_MAX, true).unit;
  huge.pts = INT64_MIN;
  f.times.place(huge, 120'000);
  CHECK(huge.dts == 80'000);
  CHECK(huge.pts == 80'000);
  CHECK(huge.pts_ticks == 7200);
  Unit low = live_unit(0, INT64_MIN, true).unit;
  f.times.place(low, 160'000);
  CHECK(low.dts == 120'000);
}

TEST_CASE("a clock rate that is wrong is repaired: times go as time does, and never back") {
  const double pace = GENERATE(0.1, 2.0);
  Fixture f;
  std::optional<MediaTime> last, last_ticks;
  MediaTime now = 10 * second;
  unsigned told = 0;
  for (int i = 0; i < 1500; ++i, now += 40'000) {
    Unit unit = live_unit(0, static_cast<MediaTime>(i * 40'000 * pace), true).unit;
    told += f.times.place(unit, now) == TimeFault::pace ? 1 : 0;
    if (last) {
      REQUIRE(unit.dts >= *last);
      REQUIRE(unit.pts_ticks >= *last_ticks);
    }
    // Once it is known, a picture lasts as long as it does.
    if (i > 400) REQUIRE(std::abs(unit.dts - *last - 40'000) < 2'000);
    last = unit.dts;
    last_ticks = unit.pts_ticks;
  }
  CHECK(told == 1);
  CHECK(f.times.is_stretched(0));
  CHECK(!f.times.is_stretched(1));
  CHECK(f.times.repaired() == 1);
  // Another run of the source may be better.
  f.times.begin(f.tracks);
  CHECK(!f.times.is_stretched(0));
}

TEST_CASE("what was wrong with times is told") {
  Fixture f;
  Unit unit = live_unit(1, 0, true).unit;
  CHECK(f.times.place(unit, 0) == TimeFault::none);
  unit = live_unit(1, 3600 * second, true).unit;
  CHECK(f.times.place(unit, 40'000) == TimeFault::jumped);
  unit = live_unit(1, 0, true).unit;
  CHECK(f.times.place(unit, 80'000) == TimeFault::went_back);
  unit = live_unit(1, 40'000, true).unit;
  unit.pts = 100 * second;
  CHECK(f.times.place(unit, 120'000) == TimeFault::apart);
  CHECK(unit.pts == unit.dts);
  CHECK(f.times.repaired() == 3);
}

TEST_CASE("what was sent in the place of a source is behind what it sends then") {
  Fixture f;
  f.place(0, 0, 5 * second);
  CHECK(f.times.next(5 * second) == 5 * second + 40'000);
  CHECK(f.times.next(9 * second) == 9 * second);
  Unit card = live_unit(0, 9 * second, true).unit;
  card.pts = 9 * second + 200'000;
  f.times.note(card);
  CHECK(f.times.next(9 * second) == 9 * second + 200'001);
  f.times.begin(f.tracks);
  CHECK(f.place(0, 77, 9 * second).dts == 9 * second + 200'001);
}
