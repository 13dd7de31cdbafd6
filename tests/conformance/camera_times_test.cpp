// Cameras whose times or descriptions are wrong: viewers get a stream that is right, and the log tells.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/conformance/live_checks.h"
#include "tests/conformance/play_checks.h"
#include "tests/conformance/recorded_video.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t second = 90'000;

/// What a camera makes of the ticks since it began to play.
std::uint32_t spoiled(const std::string& path, std::uint32_t at) {
  if (path == "/jumps") return at + at / (4 * second) * 3600 * second;
  if (path == "/back") return at - at / (4 * second) * 100 * second;
  if (path == "/slow") return at / 3;
  if (path == "/fast") return at * 3;
  return at;
}

/// How far the newest times of viewers are apart, picture for picture in the order they came.
std::vector<double> steps_of(const Arrived& arrived) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < arrived.rtp.size(); ++i)
    if (arrived.rtp[i].timestamp != arrived.rtp[i - 1].timestamp)
      steps.push_back(seconds_between(arrived.rtp[i - 1].timestamp, arrived.rtp[i].timestamp, 90'000));
  return steps;
}

}  // namespace

TEST_CASE("cameras whose times jump, go back or have another pace, or whose SDP is poor", "[live]") {
  const RecordedVideo recorded = RecordedVideo::of_lecture();
  const ScriptedCamera camera([&](CameraConnection& connection, const std::string& path,
                                  const std::string& first) {
    const std::string sdp = path == "/bare"    ? recorded.sdp("")
                            : path == "/wrong" ? recorded.sdp(
                                                     "96 packetization-mode=7;sprop-parameter-sets=AAAA,!!!;"
                                                     "profile-level-id=zzzzzz")
                                               : recorded.sdp();
    if (!connection.serve_until_play(sdp, first)) return;
    play_recorded(connection, recorded, [&](RtpPacket& packet, std::uint32_t at) {
      packet.timestamp = 7 * second + spoiled(path, at);
      return true;
    });
  });
  const std::vector<std::string> paths{"/jumps", "/back", "/slow", "/fast", "/bare", "/wrong"};
  std::string config = "loops: 1\npaths:\n";
  for (const auto& path : paths)
    config += "  " + path.substr(1) + ": { source: \"" + camera.url(path) +
              "\", transport: tcp, start_timeout: 15s }\n";
  const ServerProcess server(with_config(config));
  std::vector<std::unique_ptr<Player>> players;
  for (const auto& path : paths) {
    CAPTURE(path);
    auto& player = *players.emplace_back(std::make_unique<Player>(server, path));
    player.setup_all(Over::tcp);
    REQUIRE(player.play().status == 200);
  }
  // The pace is judged over nine seconds; what comes behind is right.
  const auto told = [&](const std::string& line) { return count_of(server.log(), line) > 0; };
  REQUIRE(receive_until(
      *players[0],
      [&] {
        for (const auto& player : players) player->receive(1ms);
        return told("/jumps: track1: its times jump; set right, ") &&
               told("/back: track1: its times go back; set right, ") &&
               told("/slow: track1: its times go at another pace than time does") &&
               told("/fast: track1: its times go at another pace than time does");
      },
      60'000));
  for (auto& player : players) player->forget_arrived();
  const auto begun = Clock::now();
  REQUIRE(receive_until(
      *players[0],
      [&] {
        for (const auto& player : players) player->receive(1ms);
        return Clock::now() - begun > 5s;
      },
      20'000));
  for (std::size_t i = 0; i < paths.size(); ++i) {
    CAPTURE(paths[i]);
    const auto& arrived = players[i]->arrived(0);
    check_no_gap(arrived);
    const auto steps = steps_of(arrived);
    REQUIRE(steps.size() > 60);
    double all = 0;
    for (const double step : steps) {
      // Reordered pictures, and what a repair costs.
      CHECK(std::abs(step) < 0.7);
      all += step;
    }
    // As time does, and as it was before: 25 pictures a second.
    CHECK(all / static_cast<double>(steps.size()) > 0.03);
    CHECK(all / static_cast<double>(steps.size()) < 0.055);
    CHECK(players[i]->control("GET_PARAMETER").status == 200);
  }
  for (const char* path : {"/bare", "/wrong"})
    CHECK(count_of(server.log(), path + ": track1: its times"s) == 0);
}
