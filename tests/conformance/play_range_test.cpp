// CONFORMANCE: PLAY: Range, Scale, Speed, and the end.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"

using namespace lectern::test;
using namespace std::string_literals;

namespace {

struct Asked {
  const char* range;
  double start, end;
};

Player ready(const char* path = "/lecture.mp4", Over over = Over::tcp) {
  Player player(server(), path);
  player.setup_all(over);
  return player;
}

// Slices that are no random access point: all video is of key frames, parameter sets and SEI otherwise.
std::size_t dependent_slices(const Arrived& arrived) {
  std::size_t count = 0;
  for (const auto& packet : arrived.rtp) count += std::ranges::count(h264_types(packet.payload), 1) > 0;
  return count;
}

// RTCP BYE on every track of a play that is to end within `within`.
void check_ends(Player& player, milliseconds within) {
  player.receive(within, true);
  CHECK(player.all_byes());
}

}  // namespace

TEST_CASE("Range npt, open and closed: the answer has the range really played", "[play][range]") {
  auto player = ready();
  for (const auto& asked :
       {Asked{"npt=0-", 0, 10}, Asked{"npt=3-", 3, 10}, Asked{"npt=3.5-", 3, 10},
        Asked{"npt=0:00:04-", 4, 10}, Asked{"npt=0:00:04.9-", 4, 10}, Asked{"npt=3-6", 3, 6},
        Asked{"npt=2.25-6.5", 2, 6.5}, Asked{"npt=3-100", 3, 10}, Asked{"npt=-5", 0, 5}}) {
    CAPTURE(asked.range);
    if (asked.range == "npt=-5"s) player = ready();
    const auto answer = player.play({{"Range", asked.range}});
    REQUIRE(answer.status == 200);
    const auto [start, end] = npt_range(answer);
    CHECK(start == Approx(asked.start).margin(0.1));
    CHECK(end == Approx(asked.end).margin(0.15));
  }
}

TEST_CASE("PLAY without Range: the answer has the whole", "[play][range]") {
  auto player = ready();
  const auto [start, end] = npt_range(player.play());
  CHECK(start == Approx(0).margin(0.05));
  CHECK(end == Approx(10).margin(0.15));
}

TEST_CASE("Range clock, open and closed: answered in clock", "[play][range]") {
  auto player = ready();
  const auto open = player.play({{"Range", "clock=20260102T030408Z-"}});
  CHECK(open.status == 200);
  CHECK_THAT(open.header("Range"), Catch::Matches("clock=20260102T030408(\\.0+)?Z-.*"));
  const auto closed = player.play({{"Range", "clock=20260102T030407.5Z-20260102T030409Z"}});
  CHECK(closed.status == 200);
  CHECK_THAT(closed.header("Range"),
             Catch::Matches("clock=20260102T030407(\\.0+)?Z-20260102T030409(\\.0+)?Z"));
}

TEST_CASE("Range smpte, open and closed: answered in smpte", "[play][range]") {
  auto player = ready();
  for (const auto* unit : {"smpte", "smpte-25", "smpte-30-drop"}) {
    CAPTURE(unit);
    // Three seconds are 89.91 frames at 29.97 a second: 2:29 and a part is right too, except at 25.
    const auto open = player.play({{"Range", unit + "=0:00:03:00-"s}});
    CHECK(open.status == 200);
    // smpte and smpte-30-drop are the same. RFC 2326 3.5.
    CHECK_THAT(open.header("Range"), Catch::StartsWith(unit == "smpte-25"s ? "smpte-25=" : "smpte"));
    CHECK_THAT(open.header("Range"), Catch::Matches(".*=0?0:00:(03(:00(\\.0+)?)?|02:29(\\.[0-9]+)?)-.*"));
    const auto closed = player.play({{"Range", unit + "=0:00:03:00-0:00:05:00"s}});
    CHECK_THAT(closed.header("Range"), Catch::Matches(".*-0?0:00:(05(:00(\\.[0-9]+)?)?|04:29(\\.[0-9]+)?)"));
  }
}

TEST_CASE("Range beyond the end or malformed: 457, and what plays is unharmed", "[play][range]") {
  auto player = ready();
  REQUIRE(player.play().status == 200);
  for (const auto* range :
       {"npt=100-", "npt=10.9-", "npt=5-3", "npt=abc-", "npt=", "npt=-", "npt", "npt=1:2:3:4-", "npt=-1-",
        "npt=1e3-", "npt=99999999999999999999-", "npt=0:75:00-", "npt=nan-", "smpte=xx-", "smpte=1:00:00-",
        "clock=2026-", "clock=20260102T040000Z-", "clock=20261302T000000Z-"}) {
    CAPTURE(range);
    CHECK(player.play({{"Range", range}}).status == 457);
  }
  player.forget_arrived();
  player.receive(milliseconds(300));
  check_no_gap(player.arrived(0));
  CHECK(server_is_well());
}

TEST_CASE("an open start with an end that is behind it: 457, and what plays is unharmed", "[play][range]") {
  auto player = ready();
  REQUIRE(player.play({{"Range", "npt=8-"}}).status == 200);
  player.receive(milliseconds(100));
  CHECK(player.play({{"Range", "npt=-5"}}).status == 457);
  player.forget_arrived();
  player.receive(milliseconds(300));
  check_no_gap(player.arrived(0));
  CHECK_FALSE(player.arrived(0).bye());
  REQUIRE(player.pause().status == 200);
  CHECK(player.play({{"Range", "npt=-5"}}).status == 457);
  CHECK(player.play({{"Range", "npt=-9"}, {"Scale", "-4"}}).status == 457);
  CHECK(player.play({{"Range", "npt=-9"}}).status == 200);
  CHECK(player.play({{"Range", "npt=-3"}, {"Scale", "-4"}}).status == 200);
}

TEST_CASE("a refused range says why", "[play][range]") {
  auto player = ready();
  CHECK_THAT(player.play({{"Range", "npt=100-"}}).reason, Catch::Matches("Invalid Range: .*10\\.[0-9]+ s.*"));
  CHECK_THAT(player.play({{"Range", "npt=5-3"}}).reason, Catch::StartsWith("Invalid Range: "));
  CHECK_THAT(player.play({{"Scale", "0"}}).reason, Catch::StartsWith("Bad Request: Scale"));
}

TEST_CASE("Range npt=now- of a recording: where it is", "[play][range]") {
  auto player = ready();
  CHECK(npt_range(player.play({{"Range", "npt=now-"}})).first == Approx(0).margin(0.05));
  REQUIRE(player.play({{"Range", "npt=6-"}}).status == 200);
  player.receive(milliseconds(200));
  REQUIRE(player.pause().status == 200);
  const auto [start, end] = npt_range(player.play({{"Range", "npt=now-"}}));
  CHECK(start > 6.05);
  CHECK(start < 7.5);
  CHECK(end == Approx(10).margin(0.15));
}

TEST_CASE("Range clock from before the recording: from its beginning; all before it: 457", "[play][range]") {
  auto player = ready();
  const auto answer = player.play({{"Range", "clock=20260101T000000Z-"}});
  CHECK(answer.status == 200);
  CHECK_THAT(answer.header("Range"), Catch::Matches("clock=20260102T030405(\\.0+)?Z-.*"));
  CHECK(player.play({{"Range", "clock=20260101T000000Z-20260101T000005Z"}}).status == 457);
}

TEST_CASE("at the closed end: RTCP BYE on each track, the session stays, a PLAY after works without a gap",
          "[play][range]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  auto player = ready("/lecture.mp4", over);
  REQUIRE(player.play({{"Range", "npt=4-5"}}).status == 200);
  check_ends(player, milliseconds(2500));
  const auto frames = player.arrived(0).frames();
  CHECK(frames >= 23);
  CHECK(frames <= 28);
  const auto answer = player.play({{"Range", "npt=1-"}});
  REQUIRE(answer.status == 200);
  CHECK(npt_range(answer).first == Approx(1).margin(0.1));
  const auto infos = check_rtp_info(player, answer, {0, 1});
  for (std::size_t track = 0; track < 2; ++track) {
    CHECK(*infos[track].seq == static_cast<std::uint16_t>(player.arrived(track).rtp.back().seq + 1));
  }
  player.receive(milliseconds(300));
  check_no_gap(player.arrived(0));
  check_no_gap(player.arrived(1));
}

TEST_CASE("at the end of the file: RTCP BYE on each track, the session stays, a PLAY after works",
          "[play][range]") {
  auto player = ready("/short.mp4");
  REQUIRE(player.play().status == 200);
  check_ends(player, milliseconds(3500));
  CHECK(player.arrived(0).frames() == 50);
  CHECK(player.control("GET_PARAMETER").status == 200);
  CHECK(player.play({{"Range", "npt=0-"}}).status == 200);
  player.receive(milliseconds(200));
  check_no_gap(player.arrived(0));
}

TEST_CASE("Scale: the applied value is answered", "[play][scale]") {
  auto player = ready();
  for (const auto* scale : {"1", "1.0", "0.5", "2", "2.000"}) {
    const auto answer = player.play({{"Scale", scale}});
    CHECK(answer.status == 200);
    REQUIRE(answer.has("Scale"));
    CHECK(std::stod(answer.header("Scale")) == std::stod(scale));
  }
  CHECK(std::stod(player.play({{"Scale", "8"}}).header("Scale")) > 2);
  CHECK(std::stod(player.play({{"Scale", "-1"}, {"Range", "npt=5-"}}).header("Scale")) < 0);
}

TEST_CASE("Speed: the applied value is answered", "[play][scale]") {
  auto player = ready();
  for (const auto* speed : {"1", "2", "0.5"}) {
    const auto answer = player.play({{"Speed", speed}});
    CHECK(answer.status == 200);
    REQUIRE(answer.has("Speed"));
    CHECK(std::stod(answer.header("Speed")) == std::stod(speed));
  }
}

TEST_CASE("Scale and Speed beyond what is done: the nearest that is", "[play][scale]") {
  auto player = ready();
  const std::pair<const char*, double> scales[] = {
      {"0.01", 0.5}, {"1000", 64}, {"-1000", -64}, {"-0.01", -0.5}};
  for (const auto& [asked, applied] : scales) {
    CAPTURE(asked);
    const auto answer = player.play({{"Scale", asked}, {"Range", "npt=5-"}});
    CHECK(answer.status == 200);
    CHECK(std::stod(answer.header("Scale")) == applied);
  }
  const std::pair<const char*, double> speeds[] = {{"0.001", 0.1}, {"500", 16}};
  for (const auto& [asked, applied] : speeds)
    CHECK(std::stod(player.play({{"Speed", asked}, {"Range", "npt=0-"}}).header("Speed")) == applied);
}

TEST_CASE("Scale of sound alone: 1, at its own pace", "[play][scale]") {
  auto talk = ready("/talk.mp3");
  const auto answer = talk.play({{"Scale", "2"}});
  CHECK(std::stod(answer.header("Scale")) == 1);
  talk.receive(milliseconds(600));
  const auto& rtp = talk.arrived(0).rtp;
  REQUIRE(rtp.size() > 5);
  CHECK(rtp.back().timestamp - rtp.front().timestamp < 90'000);
  Player sound(server(), "/lecture.mp4");
  sound.setup(1, Over::tcp);
  CHECK(std::stod(sound.play({{"Scale", "-4"}}).header("Scale")) == 1);
}

TEST_CASE("Scale 0 or letters, Speed 0, letters or negative: 400", "[play][scale]") {
  for (const auto* name : {"Scale", "Speed"}) {
    for (const auto* value : {"0", "0.0", "fast", "", "1x", "nan", "inf", "1,5"}) {
      auto player = ready("/short.mp4");
      CAPTURE(name, value);
      CHECK(player.play({{name, value}}).status == 400);
    }
  }
  auto player = ready("/short.mp4");
  CHECK(player.play({{"Speed", "-1"}}).status == 400);
  CHECK(server_is_well());
}

TEST_CASE("Scale up to 2: all pictures, no sound", "[play][scale]") {
  auto player = ready();
  REQUIRE(player.play({{"Scale", "2"}, {"Range", "npt=2-5"}}).status == 200);
  check_ends(player, milliseconds(2600));
  CHECK(player.arrived(0).frames() >= 73);
  CHECK(player.arrived(0).frames() <= 78);
  CHECK(player.arrived(1).rtp.empty());
}

TEST_CASE("other scales: random access points only", "[play][scale]") {
  auto player = ready();
  REQUIRE(player.play({{"Scale", "8"}, {"Range", "npt=0-"}}).status == 200);
  check_ends(player, milliseconds(2500));
  CHECK(player.arrived(0).frames() >= 5);
  CHECK(player.arrived(0).frames() <= 11);
  CHECK(dependent_slices(player.arrived(0)) == 0);
  CHECK(player.arrived(1).rtp.empty());
}

TEST_CASE("negative scale: backwards over random access points", "[play][scale]") {
  auto player = ready();
  const auto answer = player.play({{"Scale", "-8"}, {"Range", "npt=9-"}});
  REQUIRE(answer.status == 200);
  CHECK(npt_range(answer).first == Approx(9).margin(1.1));
  check_ends(player, milliseconds(2500));
  CHECK(player.arrived(0).frames() >= 4);
  CHECK(dependent_slices(player.arrived(0)) == 0);
  check_no_gap(player.arrived(0));
}

TEST_CASE("back to Scale 1: sound and all pictures are there again", "[play][scale]") {
  auto player = ready();
  REQUIRE(player.play({{"Scale", "4"}}).status == 200);
  player.receive(milliseconds(300));
  const auto answer = player.play({{"Scale", "1"}, {"Range", "npt=1-"}});
  const auto infos = check_rtp_info(player, answer, {0, 1});
  player.forget_arrived();
  player.receive(milliseconds(500));
  check_first(player.arrived(0), infos[0]);
  check_first(player.arrived(1), infos[1]);
  CHECK(dependent_slices(player.arrived(0)) > 0);
}

TEST_CASE("Speed 2: all of it in half the time", "[play][scale]") {
  auto player = ready("/short.mp4");
  REQUIRE(player.play({{"Speed", "2"}}).status == 200);
  check_ends(player, milliseconds(1600));
  CHECK(player.arrived(0).frames() == 50);
  CHECK_FALSE(player.arrived(1).rtp.empty());
}
