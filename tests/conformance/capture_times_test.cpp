// When sound and pictures of cameras were captured, as viewers of who pulls them are told.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <optional>
#include <ranges>

#include "tests/conformance/live_checks.h"

using namespace lectern::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t video = 0, audio = 1;
constexpr std::array tracks{video, audio};
constexpr double tolerance = 0.002;

/// RTP times of what has come to both, the newest of it.
struct Same {
  std::uint32_t there, here;
};

std::optional<Same> same(Player& there, Player& here, std::size_t track) {
  for (const auto& ours : here.arrived(track).rtp | std::views::reverse)
    for (const auto& theirs : there.arrived(track).rtp)
      if (ours.payload.size() > 100 && ours.payload == theirs.payload)
        return Same{theirs.timestamp, ours.timestamp};
  return std::nullopt;
}

bool reported(Player& player) {
  return std::ranges::all_of(tracks, [&](std::size_t track) {
    return std::ranges::any_of(player.arrived(track).rtcp,
                               [](const auto& each) { return each.report.has_value(); });
  });
}

double captured(Player& player, std::size_t track, std::uint32_t timestamp) {
  return captured_at(player.arrived(track), timestamp, player.sdp().media.at(track).clock_rate());
}

/// A viewer of the camera itself and one of who pulls it.
struct Pair {
  Pair(const ServerProcess& camera, const ServerProcess& server, const std::string& path)
      : there(camera, path), here(server, path) {
    for (auto* player : {&there, &here}) {
      player->setup_all(Over::udp);
      REQUIRE(player->play().status == 200);
    }
  }
  void receive() {
    there.receive(1ms);
    here.receive(1ms);
  }
  bool complete() {
    return reported(there) && reported(here) && here.arrived(video).rtp.size() > 60 &&
           same(there, here, video) && same(there, here, audio);
  }
  /// How much later what came to both was captured by the word of who pulls than by the camera's.
  double apart(std::size_t track) {
    const Same times = same(there, here, track).value();
    return captured(here, track, times.here) - captured(there, track, times.there);
  }

  Player there, here;
};

std::string pulled(const ServerProcess& camera, const std::string& path, const std::string& transport) {
  return "  " + path.substr(1) + ": { source: " + camera.url(path) + ", transport: " + transport +
         ", read_timeout: 5s }\n";
}

}  // namespace

TEST_CASE(
    "the capture times of two cameras' sender reports, of sound and pictures, reach the viewers of who "
    "pulls them",
    "[live]") {
  const ServerProcess camera(
      with_config("loops: 1\npaths:\n  one: " + looped_lecture() + "  two: " + looped_lecture()));
  const ServerProcess server(
      with_config("paths:\n" + pulled(camera, "/one", "tcp") + pulled(camera, "/two", "udp")));
  Pair one(camera, server, "/one"), two(camera, server, "/two");
  const auto begun = Clock::now();
  REQUIRE(receive_until(
      one.here,
      [&] {
        one.receive();
        two.receive();
        return Clock::now() - begun > 3s && one.complete() && two.complete();
      },
      15'000));
  // So sound is in step with its pictures, and one camera with the other, as their own words have it.
  for (auto* pair : {&one, &two})
    for (const std::size_t track : tracks) {
      CAPTURE(pair == &two, track);
      CHECK(std::abs(pair->apart(track)) < tolerance);
    }
  CHECK(std::abs(one.apart(audio) - one.apart(video)) < tolerance);
  CHECK(std::abs(one.apart(video) - two.apart(video)) < tolerance);
}

TEST_CASE("one camera pulled to two paths: what is the same was captured at the same time", "[live]") {
  const ServerProcess camera(with_config("loops: 1\npaths:\n  one: " + looped_lecture()));
  const auto source = [&](const std::string& transport) {
    return "{ source: " + camera.url("/one") + ", transport: " + transport + ", read_timeout: 5s }\n";
  };
  const ServerProcess server(with_config("paths:\n  a: " + source("tcp") + "  b: " + source("udp")));
  Player a(server, "/a"), b(server, "/b");
  for (auto* player : {&a, &b}) {
    player->setup_all(Over::udp);
    REQUIRE(player->play().status == 200);
  }
  const auto begun = Clock::now();
  REQUIRE(receive_until(
      a,
      [&] {
        b.receive(1ms);
        return Clock::now() - begun > 3s && reported(a) && reported(b) && same(a, b, video) &&
               same(a, b, audio);
      },
      15'000));
  for (const std::size_t track : tracks) {
    CAPTURE(track);
    const Same times = same(a, b, track).value();
    CHECK(std::abs(captured(a, track, times.there) - captured(b, track, times.here)) < tolerance);
  }
}
