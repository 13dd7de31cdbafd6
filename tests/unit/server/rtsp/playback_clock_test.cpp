#include "server/rtsp/playback_clock.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/support/mutation.h"

using lectern::server::PlaybackClock;
using lectern::test::Random;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t start = 77 * second;                      // CLOCK_MONOTONIC
constexpr std::int64_t wall = 1'700'000'000 * second + 500'000;  // 2023-11-14 22:13:20.5 UTC

/// So many seconds and 2^-32 seconds after `wall`: 3908988800 s since 1900, and a half.
std::uint64_t wall_ntp(std::uint64_t seconds, std::uint64_t fraction = 0) {
  return 0xe8fe6f80'80000000 + (seconds << 32) + fraction;
}

PlaybackClock playing(double scale, double speed = 1, std::int64_t position = 0, std::int64_t due = 0) {
  PlaybackClock clock;
  clock.play({start, wall, position, due, scale, speed});
  return clock;
}

}  // namespace

TEST_CASE("At scale 1 each clock counts its own ticks, and each tick has its instant", "[playback_clock]") {
  const PlaybackClock clock = playing(1);
  CHECK(clock.send_time(0) == start);
  CHECK(clock.send_time(100'000) == start + 100'000);

  CHECK(clock.rtp_ticks(9000, 90000) == 9000);
  CHECK(clock.rtp_ticks_at(start + 100'000, 90000) == 9000);
  CHECK(clock.ntp_of(0, 90000) == wall_ntp(0));
  CHECK(clock.ntp_of(45000, 90000) == wall_ntp(0, 0x80000000));
  CHECK(clock.ntp_of(9000, 90000) == wall_ntp(0, 429'496'729));  // 2^32 / 10
  CHECK(clock.ntp_of(1, 90000) == wall_ntp(0, 47'721));          // 2^32 / 90000 = 47721.85

  CHECK(clock.rtp_ticks(1024, 48000) == 1024);
  CHECK(clock.rtp_ticks_at(start + 100'000, 48000) == 4800);
  CHECK(clock.ntp_of(12000, 48000) == wall_ntp(0, 0x40000000));
  CHECK(clock.ntp_of(1024, 48000) == wall_ntp(0, 91'625'968));  // 2^32 * 0.021333… = 91625968.98

  CHECK(clock.rtp_ticks(1024, 44100) == 1024);
  CHECK(clock.rtp_ticks_at(start + second, 44100) == 44100);
  CHECK(clock.ntp_of(11025, 44100) == wall_ntp(0, 0x40000000));
  CHECK(clock.ntp_of(1, 44100) == wall_ntp(0, 97'391));  // 97391.55

  CHECK(clock.rtp_ticks(160, 8000) == 160);
  CHECK(clock.rtp_ticks_at(start + 20'000, 8000) == 160);
  CHECK(clock.ntp_of(160, 8000) == wall_ntp(0, 85'899'345));  // 2^32 / 50 = 85899345.92
  CHECK(clock.ntp_of(8000 * 3600, 8000) == wall_ntp(3600));
}

TEST_CASE("A picture that is shown after its decoding time is on the wall that much later",
          "[playback_clock]") {
  // Shown at 10 s, decoded, and so sent, 80 ms earlier.
  const PlaybackClock clock = playing(1, 1, 10 * second, 10 * second - 80'000);
  CHECK(clock.send_time(9'920'000) == start);
  CHECK(clock.send_time(10'000'000) == start + 80'000);
  CHECK(clock.rtp_ticks_of_position(90000) == 0);
  CHECK(clock.rtp_ticks(900'000, 90000) == 0);
  CHECK(clock.rtp_ticks(903'600, 90000) == 3600);
  CHECK(clock.rtp_ticks(441'000 + 441, 44100) == 441);
  CHECK(clock.rtp_ticks_of(10 * second, 44100) == 0);
  CHECK(clock.rtp_ticks_of(10 * second + 10'000, 44100) == 441);
  CHECK(clock.ntp_of(0, 90000) == wall_ntp(0, 343'597'383));  // 0.08 * 2^32 = 343597383.68
  CHECK(clock.rtp_ticks_at(start, 90000) == -7200);
  CHECK(clock.ntp_of(-7200, 90000) == wall_ntp(0));
  CHECK(clock.rtp_ticks_at(start + 80'000, 90000) == 0);
}

TEST_CASE("Scale shrinks or stretches the film under a clock that runs evenly", "[playback_clock]") {
  SECTION("2") {
    const PlaybackClock clock = playing(2);
    CHECK(clock.send_time(2 * second) == start + second);
    CHECK(clock.rtp_ticks(180'000, 90000) == 90'000);
    CHECK(clock.rtp_ticks(96'000, 48000) == 48'000);
    CHECK(clock.ntp_of(90'000, 90000) == wall_ntp(1));
  }
  SECTION("0.5") {
    const PlaybackClock clock = playing(0.5);
    CHECK(clock.send_time(second) == start + 2 * second);
    CHECK(clock.rtp_ticks(90'000, 90000) == 180'000);
    CHECK(clock.rtp_ticks(3600, 90000) == 7200);
    CHECK(clock.ntp_of(180'000, 90000) == wall_ntp(2));
    CHECK(clock.rtp_ticks_at(start + 2 * second, 90000) == 180'000);
  }
  SECTION("8") {
    const PlaybackClock clock = playing(8, 1, 16 * second, 16 * second);
    CHECK(clock.send_time(24 * second) == start + second);
    CHECK(clock.rtp_ticks(24 * 90'000, 90000) == 90'000);
    CHECK(clock.ntp_of(90'000, 90000) == wall_ntp(1));
    CHECK(clock.rtp_ticks_at(start + second, 90000) == 90'000);
  }
  SECTION("-4") {
    const PlaybackClock clock = playing(-4, 1, 8 * second, 8 * second);
    CHECK(clock.send_time(8 * second) == start);
    CHECK(clock.send_time(4 * second) == start + second);
    CHECK(clock.rtp_ticks(8 * 90'000, 90000) == 0);
    CHECK(clock.rtp_ticks(4 * 90'000, 90000) == 90'000);
    CHECK(clock.rtp_ticks(0, 90000) == 180'000);
    CHECK(clock.ntp_of(180'000, 90000) == wall_ntp(2));
  }
}

TEST_CASE("Speed changes when things are sent and not their RTP time", "[playback_clock]") {
  SECTION("2") {
    const PlaybackClock clock = playing(1, 2);
    CHECK(clock.send_time(2 * second) == start + second);
    CHECK(clock.rtp_ticks(180'000, 90000) == 180'000);
    CHECK(clock.rtp_ticks_at(start + second, 90000) == 180'000);
    CHECK(clock.rtp_ticks_at(start + second, 44100) == 88'200);
    CHECK(clock.ntp_of(180'000, 90000) == wall_ntp(1));
    CHECK(clock.ntp_of(16'000, 8000) == wall_ntp(1));
  }
  SECTION("0.5") {
    const PlaybackClock clock = playing(1, 0.5);
    CHECK(clock.send_time(second) == start + 2 * second);
    CHECK(clock.rtp_ticks(48'000, 48000) == 48'000);
    CHECK(clock.rtp_ticks_at(start + 2 * second, 48000) == 48'000);
    CHECK(clock.ntp_of(48'000, 48000) == wall_ntp(2));
  }
  SECTION("2 at scale 2") {
    const PlaybackClock clock = playing(2, 2);
    CHECK(clock.send_time(4 * second) == start + second);
    CHECK(clock.rtp_ticks(360'000, 90000) == 180'000);
    CHECK(clock.ntp_of(180'000, 90000) == wall_ntp(1));
  }
  SECTION("0.5 at scale -2, with a position that is shown later than it is sent") {
    const PlaybackClock clock = playing(-2, 0.5, 8 * second, 8 * second - 40'000);
    CHECK(clock.send_time(7 * second - 40'000) == start + second);
    CHECK(clock.rtp_ticks(7 * 90'000, 90000) == 45'000);
  }
}

TEST_CASE("Over a pause RTP time runs on with the wall clock", "[playback_clock]") {
  PlaybackClock clock = playing(1);
  clock.sent_until(2'960'000, 40'000);
  // Paused at 3 s, for 10 s.
  clock.play({start + 13 * second, wall + 13 * second, 3 * second, 3 * second, 1, 1});
  CHECK(clock.rtp_ticks(270'000, 90000) == 1'170'000);
  CHECK(clock.rtp_ticks(132'300, 44100) == 573'300);
  CHECK(clock.ntp_of(1'170'000, 90000) == wall_ntp(13));  // as the mapping before the pause has it
  CHECK(clock.send_time(3 * second + 40'000) == start + 13 * second + 40'000);
}

TEST_CASE("One line maps RTP to wall time, whatever is sent before it is shown", "[playback_clock]") {
  PlaybackClock clock = playing(1, 1, 10 * second, 10 * second - 80'000);
  CHECK(clock.ntp_of(90'000, 90000) == wall_ntp(1, 343'597'383));
  clock.play({start + 13 * second, wall + 13 * second, 13 * second, 13 * second, 1, 1});
  CHECK(clock.rtp_ticks(13 * 90'000, 90000) == 1'162'800);  // 12.92 s, as the position was shown 80 ms late
  CHECK(clock.ntp_of(1'162'800, 90000) == wall_ntp(13));
  CHECK(clock.ntp_of(90'000, 90000) == wall_ntp(1, 343'597'384));
}

TEST_CASE("A seek begins where what was sent ahead ends", "[playback_clock]") {
  PlaybackClock clock = playing(1);
  clock.sent_until(5'080'000, 40'000);
  clock.sent_until(4'960'000, 40'000);  // decoded later, shown earlier: takes nothing back
  SECTION("at its first unit") {
    clock.play({start + 5 * second, wall + 5 * second, 60 * second, 60 * second, 1, 1});
    CHECK(clock.rtp_ticks(60 * 90'000, 90000) == 460'800);  // 5.12 s
    CHECK(clock.rtp_ticks(60 * 44'100, 44100) == 225'792);  // the same
    CHECK(clock.ntp_of(460'800, 90000) == wall_ntp(5));     // sent, and shown, at once
    CHECK(clock.rtp_ticks_at(start + 6 * second, 90000) == 550'800);
  }
  SECTION("of whatever track") {
    clock.play({start + 5 * second, wall + 5 * second, 0, -21'000, 1, 1, 21'000});
    CHECK(clock.rtp_ticks(-168, 8000) == 40'960);  // 5.12 s: 21 ms before the position
    CHECK(clock.rtp_ticks(0, 8000) == 41'128);
  }
  SECTION("at another scale, where the lead shrinks too") {
    clock.play({start + 5 * second, wall + 5 * second, 0, -80'000, 2, 1, 80'000});
    CHECK(clock.rtp_ticks(-7200, 90000) == 460'800);
    CHECK(clock.rtp_ticks(0, 90000) == 464'400);
  }
}

TEST_CASE("What Speed sent ahead of the wall clock is not sent a second time", "[playback_clock]") {
  PlaybackClock clock = playing(1, 2);
  clock.sent_until(9'960'000, 40'000);  // within 5 s
  clock.play({start + 5 * second, wall + 5 * second, 0, 0, 1, 1});
  CHECK(clock.rtp_ticks(0, 90000) == 900'000);
  CHECK(clock.ntp_of(900'000, 90000) == wall_ntp(5));
}

TEST_CASE("A unit of unknown length ends a tick later in every clock", "[playback_clock]") {
  PlaybackClock clock = playing(1);
  clock.sent_until(second, 0);
  clock.play({start + second, wall + second, 0, 0, 1, 1});
  CHECK(clock.rtp_ticks(0, 8000) == 8008);
}

TEST_CASE("Base ticks are rounded and do not drift", "[playback_clock]") {
  PlaybackClock clock = playing(1);
  clock.play({start + 11, wall + 11, 0, 0, 1, 1});
  CHECK(clock.rtp_ticks(0, 44100) == 0);  // 0.485
  clock.play({start + 12, wall + 12, 0, 0, 1, 1});
  CHECK(clock.rtp_ticks(0, 44100) == 1);  // 0.529
  for (int i = 1; i <= 1000; ++i) clock.play({start + 12 * i, wall + 12 * i, 0, 0, 1, 1});
  CHECK(clock.rtp_ticks(0, 44100) == 529);  // 529.2, not 1000
}

TEST_CASE("A viewer that was late sees everything shifted, and RTP time stays where it is on the wall",
          "[playback_clock]") {
  PlaybackClock clock = playing(1);
  clock.delay(2 * second);
  CHECK(clock.send_time(second) == start + 3 * second);
  CHECK(clock.rtp_ticks(90'000, 90000) == 90'000);
  CHECK(clock.rtp_ticks_at(start + 3 * second, 90000) == 270'000);
  CHECK(clock.ntp_of(90'000, 90000) == wall_ntp(1));
  CHECK(clock.ntp_of(270'000, 90000) == wall_ntp(3));

  SECTION("in the play after it too, which is not late any more") {
    clock.sent_until(2'960'000, 40'000);
    clock.play({start + 5 * second, wall + 5 * second, 3 * second, 3 * second, 1, 1});
    CHECK(clock.send_time(4 * second) == start + 6 * second);
    CHECK(clock.rtp_ticks(270'000, 90000) == 450'000);
    CHECK(clock.ntp_of(450'000, 90000) == wall_ntp(5));
  }
}

TEST_CASE("Players compute each presentation time to the tick out of one report, for hours",
          "[playback_clock]") {
  const auto rate = GENERATE(8000u, 44100u, 48000u, 90000u);
  const double speed = GENERATE(0.5, 1.0, 2.0);
  const PlaybackClock clock = playing(1, speed);
  Random random(rate);
  const std::uint64_t origin = clock.ntp_of(0, rate);
  for (int i = 0; i < 1000; ++i) {
    const auto ticks = static_cast<std::int64_t>(random.below(std::size_t{rate} * 3600 * 6));
    const auto offset = static_cast<double>(clock.ntp_of(ticks, rate) - origin) / 4294967296.0;
    REQUIRE(std::llround(offset * speed * rate) == ticks);
  }
}

TEST_CASE("However one plays, RTP time never falls, and the wall clock tells when", "[playback_clock]") {
  Random random(GENERATE(1u, 2u, 3u));
  constexpr double scales[] = {0.5, 1, 2, -1, -4, 8}, speeds[] = {0.5, 1, 2, 16};
  constexpr std::int64_t frame = 40'000;
  PlaybackClock clock;
  std::int64_t now = start, last_90k = -1, last_44k = -1;
  for (int play = 0; play < 300; ++play) {
    const double scale = scales[random.below(6)], speed = speeds[random.below(4)];
    std::int64_t position = static_cast<std::int64_t>(random.below(100)) * second;
    clock.play({now, wall + (now - start), position, position, scale, speed});
    const std::size_t frames = random.below(60);
    for (std::size_t i = 0; i < frames; ++i) {
      now = std::max(now, clock.send_time(position));
      const std::int64_t at_90k = clock.rtp_ticks(position * 9 / 100, 90000);
      const std::int64_t at_44k = clock.rtp_ticks(position * 441 / 10'000, 44100);
      CAPTURE(play, i, scale, speed);
      REQUIRE(at_90k > last_90k);
      REQUIRE(at_44k > last_44k);
      last_90k = at_90k;
      last_44k = at_44k;
      // Without B-pictures a unit is shown when it is sent.
      const auto shown = static_cast<double>(clock.ntp_of(at_90k, 90000) - wall_ntp(0)) / 4294967296.0;
      REQUIRE(std::abs(shown * 1e6 - static_cast<double>(clock.send_time(position) - start)) < 30);
      clock.sent_until(position, frame);
      position += scale < 0 ? -frame : frame;
    }
    now += static_cast<std::int64_t>(random.below(3)) * 7'000;  // a pause, or none
  }
}

TEST_CASE("The wall clock of live media is corrected, and RTP time does not move", "[playback_clock]") {
  // Shown 80 ms after it is sent.
  PlaybackClock clock = playing(1, 1, 10 * second, 10 * second - 80'000);
  const std::int64_t ticks = clock.rtp_ticks(910'000, 90000);
  const std::int64_t sent = clock.send_time(11 * second);
  clock.correct_wall(wall - second);
  CHECK(clock.rtp_ticks(910'000, 90000) == ticks);
  CHECK(clock.send_time(11 * second) == sent);
  CHECK(clock.rtp_ticks_at(start, 90000) == -7200);
  CHECK(clock.ntp_of(0, 90000) == wall_ntp(0, 343'597'383) - (std::uint64_t{1} << 32));
  clock.correct_wall(wall);
  CHECK(clock.ntp_of(0, 90000) == wall_ntp(0, 343'597'383));
  // What comes after it goes on by the clock that RTP time runs with.
  clock.correct_wall(wall + 5 * second);
  clock.play({start + 13 * second, wall + 13 * second, 13 * second, 13 * second, 1, 1});
  CHECK(clock.rtp_ticks(13 * 90'000, 90000) == 1'162'800);
  CHECK(clock.ntp_of(1'162'800, 90000) == wall_ntp(13));
}
