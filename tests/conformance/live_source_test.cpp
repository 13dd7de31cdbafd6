// Live media and where it comes from: one pull for all viewers, on demand, cameras that fail and come back.
#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <optional>
#include <thread>

#include "tests/conformance/live_checks.h"
#include "tests/conformance/play_checks.h"
#include "tests/support/tcp_relay.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t video = 0, audio = 1;
constexpr int video_rate = 90'000;

/// A camera with a path for each test that counts who pulls.
std::string camera_config() {
  return "loops: 1\npaths:\n  cam: " + looped_lecture() + "  demand: " + looped_lecture() +
         "  many: " + looped_lecture();
}

std::string pull(const ServerProcess& camera, const std::string& path, const std::string& more) {
  return "{ source: " + camera.url(path) + ", transport: tcp, " + more + " }\n";
}

/// A socket that takes connections and says nothing.
class SilentCamera {
 public:
  SilentCamera() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto address = Address::of("127.0.0.1", 0);
    REQUIRE(::bind(socket_.fd(), address.raw(), address.size) == 0);
    REQUIRE(::listen(socket_.fd(), 16) == 0);
  }
  std::string url() const {
    return "rtsp://u:secret@127.0.0.1:" + std::to_string(local_port(socket_)) + "/x";
  }

 private:
  Socket socket_;
};

/// The largest time that pictures have reached: they are reordered.
std::uint32_t newest_time(const Arrived& arrived) {
  std::uint32_t newest = arrived.rtp.at(0).timestamp;
  for (const auto& packet : arrived.rtp)
    if (static_cast<std::int32_t>(packet.timestamp - newest) > 0) newest = packet.timestamp;
  return newest;
}

/// Where the stream goes on after an outage of half a second at least; 0 where it does not.
std::size_t resumed_at(const Arrived& arrived) {
  for (std::size_t i = 1; i < arrived.rtp.size(); ++i)
    if (seconds_between(arrived.rtp[i - 1].timestamp, arrived.rtp[i].timestamp, video_rate) > 0.5) return i;
  return 0;
}

/// Whether it has gone on after an outage, for some pictures.
bool has_gone_on(const Arrived& arrived) {
  const std::size_t at = resumed_at(arrived);
  return at > 0 && at + picture_size(arrived.rtp, at) + 10 < arrived.rtp.size();
}

/// What came of a track from the packet of that number on, but for small ones, in which parameter sets may
/// be.
std::vector<std::string> payloads(const Arrived& arrived, std::size_t from) {
  std::vector<std::string> found;
  for (std::size_t i = from; i < arrived.rtp.size(); ++i)
    if (arrived.rtp[i].payload.size() > 100) found.push_back(arrived.rtp[i].payload);
  return found;
}

/// They go on behind all that was there, with a key frame, in the same stream.
void check_go_on(Player& one, Player& other) {
  const std::array players{&one, &other};
  const std::array before{newest_time(one.arrived(video)), newest_time(other.arrived(video))};
  // Both are read, as a socket holds no outage.
  REQUIRE(receive_until(
      one,
      [&] {
        other.receive(1ms);
        return has_gone_on(one.arrived(video)) && has_gone_on(other.arrived(video));
      },
      15'000));
  for (std::size_t i = 0; i < players.size(); ++i) {
    const auto& arrived = players[i]->arrived(video);
    const std::size_t at = resumed_at(arrived);
    CHECK(is_key_picture(arrived.rtp, at));
    for (std::size_t k = at; k < arrived.rtp.size(); ++k)
      CHECK(seconds_between(before[i], arrived.rtp[k].timestamp, video_rate) >= 0);
    check_no_gap(arrived);
    check_no_gap(players[i]->arrived(audio));
    CHECK(players[i]->control("GET_PARAMETER").status == 200);
  }
}

}  // namespace

TEST_CASE("a source that does not come: 504 after start_timeout, with a reason", "[live]") {
  const SilentCamera silent;
  std::uint16_t closed = 0;
  {
    const auto address = Address::of("127.0.0.1", 0);
    const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(socket.fd(), address.raw(), address.size) == 0);
    closed = local_port(socket);
  }
  const ServerProcess server(with_config(
      "paths:\n  dead: { source: \"rtsp://127.0.0.1:" + std::to_string(closed) +
      "/x\", start_timeout: 1s }\n  silent: { source: \"" + silent.url() + "\", start_timeout: 2s }\n"));
  RtspClient client(server.host(), server.port());
  for (const auto& [path, least] : {std::pair("/dead", 900ms), std::pair("/silent", 1900ms)}) {
    CAPTURE(path);
    const auto asked = Clock::now();
    client.send_request("DESCRIBE", server.url(path));
    const auto answer = client.answer(10'000ms);
    CHECK(answer.status == 504);
    CHECK(answer.reason == "Gateway Time-out: its camera or publisher does not send");
    CHECK(Clock::now() - asked > least);
  }
  // A file that plays beside it is not held up.
  CHECK(client.request("DESCRIBE", server.url("/lecture.mp4")).status == 200);
  const auto log = server.log();
  CHECK_THAT(log, Catch::Contains("DESCRIBE /dead: rtsp://127.0.0.1:" + std::to_string(closed) +
                                  "/x: Connection refused"));
  CHECK_THAT(log, Catch::Contains("DESCRIBE /silent: "));
  CHECK_THAT(log, Catch::Contains("/silent: away: rtsp://127.0.0.1:"));
  CHECK_THAT(log, !Catch::Contains("secret"));
}

TEST_CASE("a camera over UDP, where that is asked for and by default: nothing is lost on the way", "[live]") {
  const std::string transport = GENERATE("transport: udp, "s, ""s);
  CAPTURE(transport);
  const ServerProcess camera(with_config(camera_config()));
  const ServerProcess server(with_config("paths:\n  cam: { source: " + camera.url("/cam") + ", " + transport +
                                         "read_timeout: 5s }\n"));
  Player here(server, "/cam"), there(camera, "/cam");
  for (auto* player : {&there, &here}) {
    player->setup_all(Over::tcp);
    REQUIRE(player->play().status == 200);
  }
  const std::string log = camera.log();
  CHECK_THAT(log, Catch::Contains(" plays /cam (2 of 2 tracks over UDP, Lavf"));
  CHECK_THAT(log, !Catch::Contains("over TCP, Lavf"));
  REQUIRE(receive_until(
      here,
      [&] {
        there.receive(1ms);
        return here.arrived(video).rtp.size() > 250;
      },
      15'000));
  there.receive(200ms);
  for (const std::size_t track : {video, audio}) {
    CAPTURE(track);
    check_no_gap(here.arrived(track));
    // Each viewer begins in its own way.
    const auto ours = payloads(here.arrived(track), 60), theirs = payloads(there.arrived(track), 0);
    REQUIRE(ours.size() > 40);
    CHECK_FALSE(std::ranges::search(theirs, ours).empty());
  }
}

TEST_CASE("on_demand: pulled with the first viewer, once for all, and no more after the last", "[live]") {
  const ServerProcess camera(with_config(camera_config()));
  const ServerProcess server(
      with_config("paths:\n  demand: " + pull(camera, "/demand", "on_demand: yes, close_after: 1s") +
                  "  many: " + pull(camera, "/many", "read_timeout: 5s")));
  const auto pulls = [&](const std::string& path) { return count_of(camera.log(), " plays " + path + " "); };
  const auto stops = [&] { return count_of(server.log(), "/demand: stopped, as nobody watches"); };
  REQUIRE(eventually([&] { return pulls("/many") == 1; }, 8000));
  CHECK(pulls("/demand") == 0);
  Clock::time_point left;
  {
    Player one(server, "/demand"), two(server, "/demand"), three(server, "/many"), four(server, "/many");
    for (auto* player : {&one, &two, &three, &four}) {
      player->setup_all(player == &two || player == &four ? Over::udp : Over::tcp);
      REQUIRE(player->play().status == 200);
      receive_packets(*player, video, 10);
      CHECK(is_key_picture(player->arrived(video).rtp, 0));
      check_no_gap(player->arrived(video));
    }
    CHECK(pulls("/demand") == 1);
    CHECK(pulls("/many") == 1);
    REQUIRE(one.teardown().status == 200);
    // One is left: longer than close_after it is pulled on.
    two.receive(1500ms);
    CHECK(stops() == 0);
    two.forget_arrived();
    receive_packets(two, video, 5);
    left = Clock::now();
    REQUIRE(two.teardown().status == 200);
  }
  REQUIRE(eventually([&] { return stops() == 1; }, 8000));
  CHECK(Clock::now() - left > 1000ms);
  CHECK(eventually([&] { return count_of(camera.log(), " ends /demand ") == 1; }, 8000));
  CHECK(count_of(camera.log(), " ends /many ") == 0);
  // And the next one has it pulled again.
  Player again(server, "/demand");
  again.setup_all(Over::tcp);
  REQUIRE(again.play().status == 200);
  receive_packets(again, video, 5);
  CHECK(pulls("/demand") == 2);
}

TEST_CASE("on_demand: who only asks for the description does not keep it pulled", "[live]") {
  const ServerProcess camera(with_config(camera_config()));
  const ServerProcess server(with_config(
      "paths:\n  demand: " + pull(camera, "/demand", "on_demand: yes, close_after: 1s, start_timeout: 20s")));
  RtspClient client(server.host(), server.port());
  client.send_request("DESCRIBE", server.url("/demand"));
  REQUIRE(client.answer(10'000ms).status == 200);
  // And not for start_timeout.
  CHECK(eventually([&] { return count_of(server.log(), "/demand: stopped, as nobody watches") == 1; }, 8000));
}

TEST_CASE("a camera that is killed, stopped and started again: viewers stay and go on", "[live]") {
  std::optional<ServerProcess> camera;
  camera.emplace(with_config(camera_config()));
  auto options = with_config(camera_config());
  options.port = camera->port();
  const ServerProcess server(
      with_config("paths:\n  cam: " + pull(*camera, "/cam", "read_timeout: 1s, start_timeout: 2s")));
  Player over_tcp(server, "/cam"), over_udp(server, "/cam");
  over_tcp.setup_all(Over::tcp);
  over_udp.setup_all(Over::udp);
  for (auto* player : {&over_tcp, &over_udp}) {
    REQUIRE(player->play().status == 200);
    receive_packets(*player, video, 10);
  }
  const std::string away = "/cam: away: " + camera->url("/cam");
  const auto outages = [&](const char* reason) { return count_of(server.log(), away + reason); };
  const auto returns = [&] { return count_of(server.log(), "/cam: live from "); };
  const auto receive_while = [&](const std::function<bool()>& waiting) {
    return receive_until(
        over_tcp,
        [&] {
          over_udp.receive(1ms);
          return !waiting();
        },
        10'000);
  };

  camera->kill();
  REQUIRE(receive_while([&] { return outages(" came to its end") == 0; }));
  camera.reset();
  over_tcp.receive(700ms);
  camera.emplace(options);
  CHECK(outages(": Connection refused") == 1);
  check_go_on(over_tcp, over_udp);
  CHECK(returns() == 2);

  for (auto* player : {&over_tcp, &over_udp}) {
    player->forget_arrived();
    receive_packets(*player, video, 10);
  }
  ::kill(camera->pid(), SIGSTOP);
  const bool noticed = receive_while([&] { return outages(": has sent nothing for 1 s") == 0; });
  ::kill(camera->pid(), SIGCONT);
  REQUIRE(noticed);
  check_go_on(over_tcp, over_udp);
}

TEST_CASE("PLAY of a camera that is away, and of which no picture is there: 504 after start_timeout",
          "[live]") {
  ServerProcess camera(with_config(camera_config()));
  const ServerProcess server(
      with_config("paths:\n  cam: " + pull(camera, "/cam", "latency: low, start_timeout: 1s")));
  Player player(server, "/cam");
  player.setup_all(Over::udp);
  camera.kill();
  REQUIRE(eventually([&] { return count_of(server.log(), "/cam: away: ") > 0; }, 8000));
  for (int i = 0; i < 2; ++i) {
    const auto asked = Clock::now();
    const auto answer = player.play();
    CHECK(answer.status == 504);
    CHECK(answer.reason == "Gateway Time-out: its camera or publisher does not send");
    CHECK(Clock::now() - asked > 900ms);
  }
  CHECK(player.pause().status == 200);
  CHECK(player.teardown().status == 200);
}

TEST_CASE("a camera whose UDP does not get through is asked by TCP, unless transport is udp", "[live]") {
  const ServerProcess camera(with_config(camera_config()));
  // Its packets go where nobody listens, as behind a firewall.
  std::atomic<int> port = 9;
  const TcpRelay firewall(camera.port(), [&](std::string asked) {
    const auto at = asked.find("client_port=");
    if (at == std::string::npos) return asked;
    const int first = port.fetch_add(2);
    return asked.replace(at, asked.find_first_of(";\r", at) - at,
                         "client_port=" + std::to_string(first) + "-" + std::to_string(first + 1));
  });
  const std::string source =
      "{ source: \"rtsp://127.0.0.1:" + std::to_string(firewall.port()) + "/cam\", start_timeout: 6s";
  const ServerProcess server(
      with_config("paths:\n  left_out: " + source + " }\n  by_udp: " + source + ", transport: udp }\n"));
  Player viewer(server, "/left_out");
  viewer.setup_all(Over::tcp);
  REQUIRE(viewer.play().status == 200);
  CHECK(receive_until(viewer, [&] { return viewer.arrived(video).rtp.size() > 100; }));
  check_no_gap(viewer.arrived(video));
  CHECK_THAT(camera.log(), Catch::Contains(" plays /cam (2 of 2 tracks over TCP"));
  CHECK(eventually([&] { return count_of(server.log(), "/by_udp: away: ") > 0; }, 10'000));
}
