// CONFORMANCE: Abuse that must leave players unharmed: many at once, and those that vanish.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"
#include "tests/support/temporary_folder.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

// The soft limit of this process, and of those it starts.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t soft) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = std::min(soft, before_.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

// A session of one track, played to UDP ports, with nothing of it kept here but the connection.
RtspClient play_to(const ServerProcess& server, const std::string& ports) {
  RtspClient client(server.host(), server.port());
  const auto setup = client.request("SETUP", server.url("/lecture.mp4/track1"),
                                    {{"Transport", "RTP/AVP;unicast;client_port=" + ports}});
  REQUIRE(setup.status == 200);
  REQUIRE(client.request("PLAY", server.url("/lecture.mp4/"), {{"Session", setup.session()}}).status == 200);
  return client;
}

// Goes through the life of a session up to the request `state`, and resets the connection before its answer
// or after it.
void vanish_in(Player& player, const std::string& state, Over over, bool answered) {
  const auto at_end = [&](const std::string& method, const std::string& url, Headers headers) {
    if (method != state) return false;
    if (!player.session().empty()) headers.emplace_back("Session", player.session());
    player.client.send_request(method, url, headers);
    if (answered) CHECK(player.client.answer().status == 200);
    player.client.disconnect(true);
    return true;
  };
  if (at_end("DESCRIBE", player.base(), {})) return;
  static std::vector<UdpPair> kept;
  const auto transport = over == Over::tcp ? "RTP/AVP/TCP;unicast"
                                           : "RTP/AVP;unicast;client_port=" + kept.emplace_back().ports();
  if (at_end("SETUP", player.track_url(0), {{"Transport", transport}})) return;
  player.setup_all(over);
  for (const auto* method : {"PLAY", "PAUSE", "TEARDOWN"}) {
    if (at_end(method, player.base(), {})) return;
    REQUIRE(player.control(method).status == 200);
  }
}

}  // namespace

TEST_CASE("a thousand idle connections leave a playing session unharmed", "[crowd]") {
  constexpr std::size_t many = 1000;
  rlimit own{};
  ::getrlimit(RLIMIT_NOFILE, &own);
  if (own.rlim_max < many + 200) {
    WARN("this system allows too few descriptors");
    return;
  }
  std::optional<ServerProcess> server;
  {
    // The server has to ask for more than it is given.
    const DescriptorLimit low(256);
    server.emplace(with_config(""));
  }
  const DescriptorLimit high(many + 200);
  Player over_tcp(*server, "/lecture.mp4"), over_udp(*server, "/lecture.mp4");
  over_tcp.setup_all(Over::tcp);
  over_udp.setup_all(Over::udp);
  REQUIRE(over_tcp.play().status == 200);
  REQUIRE(over_udp.play().status == 200);
  std::vector<RtspClient> crowd;
  for (std::size_t i = 0; i < many; ++i) crowd.emplace_back(server->host(), server->port());
  REQUIRE(eventually([&] { return server->open_descriptors() > many; }));
  check_plays_on(over_tcp);
  check_plays_on(over_udp);
  // Each of them is served, too.
  CHECK(crowd.front().request("OPTIONS", server->url("/")).status == 200);
  CHECK(crowd.back().request("OPTIONS", server->url("/")).status == 200);
  crowd.clear();
  CHECK(eventually([&] { return server->open_descriptors() < 100; }));
  over_tcp.forget_arrived();
  check_plays_on(over_tcp);
}

TEST_CASE("where the system allows few descriptors, connections leave some for files", "[crowd]") {
  const TemporaryFolder folder;
  const auto script = folder.path() / "few-descriptors";
  const char* program = std::getenv("LECTERN");
  std::ofstream(script) << "#!/bin/sh\nulimit -n 100\nexec '" << (program ? program : LECTERN_BINARY)
                        << "' \"$@\"\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const std::string before = program ? program : "";
  ::setenv("LECTERN", script.c_str(), 1);
  std::optional<ServerProcess> small;
  small.emplace(with_config("loops: 1\n"));
  if (before.empty())
    ::unsetenv("LECTERN");
  else
    ::setenv("LECTERN", before.c_str(), 1);
  CHECK_THAT(small->log(), Catch::Contains("max_connections: 10000 is lowered to 50"));
  std::vector<RtspClient> crowd;
  Player viewer(*small, "/lecture.mp4"), player(*small, "/lecture.mp4");
  viewer.setup_all(Over::udp);
  REQUIRE(viewer.play().status == 200);
  for (int i = 0; i < 100; ++i) crowd.emplace_back(small->host(), small->port());
  check_plays_on(viewer);
  player.setup_all(Over::tcp);
  CHECK(player.play().status == 200);
  check_plays_on(player);
  check_plays_on(viewer);
  CHECK(player.client.request("DESCRIBE", small->url("/short.mp4")).status == 200);
}

TEST_CASE("a UDP viewer whose ports are closed does not disturb others", "[crowd]") {
  const ServerProcess one_loop(with_config("loops: 1\n"));
  Player player(one_loop, "/lecture.mp4");
  player.setup_all(Over::udp);
  REQUIRE(player.play().status == 200);
  std::vector<RtspClient> blind;
  std::vector<UdpPair> pairs(5);
  std::vector<std::string> ports;
  for (const auto& pair : pairs) ports.push_back(pair.ports());
  pairs.clear();
  for (const auto& closed : ports) blind.push_back(play_to(one_loop, closed));
  check_plays_on(player);
  // And it is served itself, as it may open them yet.
  for (auto& client : blind) CHECK(client.request("OPTIONS", one_loop.url("/")).status == 200);
}

TEST_CASE("a session is controlled from connections on other loops", "[loops]") {
  const ServerProcess two_loops(with_config("loops: 2\n"));
  Player player(two_loops, "/lecture.mp4");
  player.setup(0, Over::udp);
  // Each goes to the loop with the least work, so they are on both.
  std::vector<RtspClient> others;
  for (int i = 0; i < 4; ++i) {
    others.emplace_back(two_loops.host(), two_loops.port());
    REQUIRE(others.back().request("OPTIONS", two_loops.url("/")).status == 200);
  }
  const Headers session{{"Session", player.session()}};
  for (auto& other : others) {
    const auto play = other.request("PLAY", player.base(), {session[0], {"Range", "npt=2-"}});
    REQUIRE(play.status == 200);
    CHECK(play.session() == player.session());
    CHECK(play.header("CSeq") == std::to_string(other.last_cseq()));
    const auto infos = check_rtp_info(player, play, {0});
    player.receive(200ms);
    auto& packets = player.arrived(0).rtp;
    std::erase_if(packets, [&](const auto& packet) {
      return static_cast<std::int16_t>(static_cast<std::uint16_t>(packet.seq - *infos[0].seq)) < 0;
    });
    check_first(player.arrived(0), infos[0]);
    check_no_gap(player.arrived(0));
    CHECK(other.request("GET_PARAMETER", player.base(), session).status == 200);
    CHECK(other.request("PAUSE", player.base(), session).status == 200);
    CHECK(other.request("PLAY", player.base(), {{"Session", player.session() + "0"}}).status == 454);
    player.receive(50ms);
    player.forget_arrived();
    player.receive(100ms);
    CHECK(player.arrived(0).rtp.empty());
  }
  // A track may join from anywhere, over UDP; channels of another connection cannot.
  for (auto& other : others) {
    CHECK(other.request("SETUP", player.track_url(1), {session[0], {"Transport", "RTP/AVP/TCP;unicast"}})
              .status >= 400);
    UdpPair ports;
    const auto joined =
        other.request("SETUP", player.track_url(1),
                      {session[0], {"Transport", "RTP/AVP;unicast;client_port=" + ports.ports()}});
    CHECK(joined.status == 200);
    CHECK(joined.session() == player.session());
  }
  CHECK(others.back().request("TEARDOWN", player.base(), session).status == 200);
  for (auto& other : others) CHECK(other.request("PLAY", player.base(), session).status == 454);
}

TEST_CASE("many connections fight over one session: each request is answered", "[loops]") {
  const ServerProcess two_loops(with_config("loops: 2\n"));
  Player player(two_loops, "/lecture.mp4");
  player.setup_all(Over::udp);
  std::vector<RtspClient> others;
  for (int i = 0; i < 4; ++i) others.emplace_back(two_loops.host(), two_loops.port());
  const Headers session{{"Session", player.session()}};
  for (int round = 0; round < 20; ++round) {
    for (auto& other : others) {
      other.send_request("PLAY", player.base(),
                         {session[0], {"Range", "npt=" + std::to_string(round % 9) + "-"}});
      other.send_request("PAUSE", player.base(), session);
    }
  }
  for (int round = 0; round < 40; ++round)
    for (auto& other : others) {
      const auto answer = other.answer(milliseconds(5000));
      // Another PLAY or PAUSE may have come between.
      CHECK((answer.status == 200 || answer.status == 455));
    }
  CHECK(player.play({{"Range", "npt=1-"}}).status == 200);
  for (auto& other : others) other.send_request("TEARDOWN", player.base(), session);
  int ended = 0;
  for (auto& other : others) ended += other.answer().status == 200 ? 1 : 0;
  CHECK(ended == 1);
}

TEST_CASE("SETUP of a second track over TCP from another connection is refused, and harms nothing",
          "[setup]") {
  Player player(server(), "/lecture.mp4");
  player.setup(0, Over::tcp);
  for (int i = 0; i < 4; ++i) {
    RtspClient other(server().host(), server().port());
    const auto answer =
        other.request("SETUP", player.track_url(1),
                      {{"Session", player.session()}, {"Transport", "RTP/AVP/TCP;unicast;interleaved=2-3"}});
    CHECK(answer.status == 459);
  }
  player.setup(1, Over::tcp);
  REQUIRE(player.play().status == 200);
  player.receive(300ms);
  for (std::size_t track = 0; track < 2; ++track) check_no_gap(player.arrived(track));
}

TEST_CASE("clients that disappear in any state, amid a request or after it: all sessions are freed",
          "[crowd]") {
  constexpr int most = 16;
  const ServerProcess small(with_config("session_timeout: 1s\nmax_sessions: " + std::to_string(most) + "\n"));
  const auto room_for_all = [&] {
    RtspClient client(small.host(), small.port());
    const auto url = small.url("/lecture.mp4/track1");
    for (int i = 0; i < most; ++i)
      if (client.request("SETUP", url, {{"Transport", "RTP/AVP/TCP;unicast"}}).status != 200) return false;
    return true;
  };
  // Kept, so that no two sessions ask for the same ports.
  std::vector<Player> gone;
  for (const auto over : {Over::tcp, Over::udp}) {
    for (const auto* state : {"DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN"}) {
      for (const bool answered : {true, false}) {
        CAPTURE(state, answered, over == Over::tcp);
        vanish_in(gone.emplace_back(small, "/lecture.mp4"), state, over, answered);
      }
    }
    CHECK(eventually(room_for_all, 5000));
  }
}
