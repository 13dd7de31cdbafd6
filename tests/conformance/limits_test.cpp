// CONFORMANCE: SETUP: limits reached, existing sessions unharmed; abuse that must leave players unharmed.
// Each limit of the configuration is reached while somebody watches, who misses no packet and no answer.
// Elsewhere: request_timeout, idle_timeout and max_connections_per_address in deadline_test.cpp, open files
// in crowd_test.cpp.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

const std::string over_tcp = "RTP/AVP/TCP;unicast";

Player watching(const ServerProcess& server, Over over = Over::tcp, const std::string& source = "") {
  Player player(server, "/lecture.mp4", source);
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  return player;
}

Answer set_up(Player& player, std::size_t track = 0) {
  Headers headers{{"Transport", over_tcp}};
  if (!player.session().empty()) headers.emplace_back("Session", player.session());
  return player.client.request("SETUP", player.track_url(track), headers);
}

void check_busy(const Answer& answer, const std::string& why) {
  CHECK(answer.status == 503);
  CHECK_THAT(answer.header("Retry-After"), Catch::Matches("[0-9]+"));
  CHECK_THAT(answer.reason, Catch::Contains(why));
  CHECK(answer.session().empty());
}

void check_no_bandwidth(const Answer& answer) {
  CHECK(answer.status == 453);
  CHECK_THAT(answer.reason, Catch::Matches("Not Enough Bandwidth: it takes .* Mbit/s, and .*"));
}

bool is_served(RtspClient& client, const ServerProcess& server) {
  return client.request("OPTIONS", server.url("/")).status == 200;
}

// What the tracks of the lecture take, in kilobits a second, as its SDP has them.
struct Rates {
  unsigned long video = 0, sound = 0;
  unsigned long both() const { return video + sound; }
};

Rates lecture_rates() {
  const Player player(server(), "/lecture.mp4");
  const auto rate = [&](std::size_t track) {
    return std::strtoul(player.sdp().media.at(track).value("b=AS:").c_str(), nullptr, 10);
  };
  const Rates rates{rate(0), rate(1)};
  REQUIRE(rates.video > 0);
  REQUIRE(rates.sound > 0);
  return rates;
}

// So many hundredths of a rate, as a value of the configuration.
std::string part(unsigned long kilobits, unsigned long hundredths) {
  return std::to_string(kilobits * hundredths * 10) + "bit\n";
}

}  // namespace

TEST_CASE("max_connections: more are turned away, and who watches misses nothing", "[limits]") {
  const ServerProcess small(with_config("max_connections: 4\n"));
  auto viewer = watching(small);
  std::vector<RtspClient> kept;
  // The connection by which the start was seen may be counted until its end is seen.
  CHECK(eventually([&] {
    RtspClient client(small.host(), small.port(), "127.0.0.2");
    if (is_served(client, small)) kept.push_back(std::move(client));
    return kept.size() == 3;
  }));
  for (int i = 0; i < 30; ++i) {
    RtspClient client(small.host(), small.port(), "127.0.0.3");
    CHECK_FALSE(is_served(client, small));
  }
  check_plays_on(viewer);
  for (auto& client : kept) CHECK(is_served(client, small));
}

TEST_CASE("max_connections: who resets before the server has looked is not counted for ever", "[limits]") {
  const ServerProcess small(with_config("max_connections: 20\n"));
  const std::array ports{small.port(), small.rtsps_port()};
  for (int round = 0; round < 3; ++round) {
    CAPTURE(round);
    // Accepted once their peers have gone: the kernel knows no peer of theirs any more.
    small.send(SIGSTOP);
    for (int i = 0; i < 10; ++i)
      for (const auto port : ports) RtspClient(small.host(), port, "127.0.0.3").disconnect(true);
    small.send(SIGCONT);
    CHECK(eventually([&] {
      RtspClient client(small.host(), small.port());
      return is_served(client, small);
    }));
  }
}

TEST_CASE("max_sessions: 503, and who watches misses nothing", "[limits]") {
  const ServerProcess small(with_config("max_sessions: 2\n"));
  auto over_udp = watching(small, Over::udp), viewer = watching(small);
  for (int i = 0; i < 10; ++i) {
    Player refused(small, "/short.mp4");
    check_busy(set_up(refused), "there are as many viewers as may be");
    CHECK(refused.client.request("OPTIONS", small.url("/")).status == 200);
  }
  check_plays_on(over_udp);
  check_plays_on(viewer);
  CHECK_THAT(small.log(), Catch::Contains("SETUP refused: there are as many viewers as may be"));
}

TEST_CASE("max_sessions_per_address: 503, and who watches misses nothing", "[limits]") {
  const ServerProcess small(with_config("max_sessions_per_address: 1\n"));
  auto viewer = watching(small);
  for (int i = 0; i < 10; ++i) {
    Player refused(small, "/short.mp4");
    check_busy(set_up(refused), "at this address");
  }
  auto elsewhere = watching(small, Over::udp, "127.0.0.2");
  check_plays_on(viewer);
  check_plays_on(elsewhere);
}

TEST_CASE("max_sessions_per_user: 503 from wherever the user comes, others are served", "[limits]") {
  const ServerProcess small(
      with_config("max_sessions_per_user: 2\nbasic_over_plain: yes\n"
                  "users:\n  anonymous: {read: \"**\"}\n"
                  "  ada: {password: sesame, read: \"**\"}\n  emmy: {password: sesame, read: \"**\"}\n"));
  const Headers ada{{"Transport", over_tcp}, {"Authorization", "Basic YWRhOnNlc2FtZQ=="}};
  const Headers emmy{{"Transport", over_tcp}, {"Authorization", "Basic ZW1teTpzZXNhbWU="}};
  const auto url = small.url("/lecture.mp4/track1");
  auto viewer = watching(small);
  RtspClient one(small.host(), small.port()), two(small.host(), small.port(), "127.0.0.2");
  const auto first = one.request("SETUP", url, ada);
  CHECK(first.status == 200);
  CHECK(two.request("SETUP", url, ada).status == 200);
  RtspClient three(small.host(), small.port(), "127.0.0.3");
  for (int i = 0; i < 10; ++i) check_busy(three.request("SETUP", url, ada), "this user");
  CHECK(three.request("SETUP", url, emmy).status == 200);
  // Who has not logged in is no user.
  auto more = watching(small), still_more = watching(small);
  check_plays_on(viewer);
  const Headers in_session{{"Session", first.session()}, ada[1]};
  CHECK(one.request("TEARDOWN", small.url("/lecture.mp4/"), in_session).status == 200);
  RtspClient next(small.host(), small.port());
  CHECK(next.request("SETUP", url, ada).status == 200);
}

TEST_CASE("max_session_bandwidth: 453 to a PLAY that is too fast, and what plays goes on", "[limits]") {
  const ServerProcess small(with_config("max_session_bandwidth: " + part(lecture_rates().both(), 150)));
  const auto over = GENERATE(Over::tcp, Over::udp);
  auto viewer = watching(small, over);
  check_no_bandwidth(viewer.play({{"Range", "npt=1-"}, {"Speed", "2"}}));
  check_no_bandwidth(viewer.play({{"Range", "npt=5-"}, {"Scale", "2"}, {"Speed", "8"}}));
  check_plays_on(viewer);
  CHECK(viewer.play({{"Range", "npt=1-"}, {"Speed", "1.25"}}).status == 200);
  // A pause keeps its place, too.
  CHECK(viewer.pause().status == 200);
  check_no_bandwidth(viewer.play({{"Speed", "2"}}));
  CHECK(viewer.play().status == 200);
  check_plays_on(viewer);
}

TEST_CASE("max_session_bandwidth: 453 to a SETUP, and the tracks before it play", "[limits]") {
  const Rates rates = lecture_rates();
  const ServerProcess small(
      with_config("max_session_bandwidth: " + part(std::max(rates.video, rates.sound), 100)));
  auto other = Player(small, "/lecture.mp4");
  other.setup(1, Over::tcp);
  REQUIRE(other.play().status == 200);
  Player viewer(small, "/lecture.mp4");
  viewer.setup(0, Over::tcp);
  check_no_bandwidth(set_up(viewer, 1));
  viewer.setup(0, Over::tcp);  // once more is no more
  CHECK(viewer.play().status == 200);
  viewer.receive(300ms);
  check_no_gap(viewer.arrived(0));
  other.receive(100ms);
  check_no_gap(other.arrived(1));
}

TEST_CASE("max_session_bandwidth: a SETUP that is refused leaves no session", "[limits]") {
  const ServerProcess tiny(with_config("max_session_bandwidth: 1kbit\nmax_sessions: 1\n"));
  Player player(tiny, "/lecture.mp4");
  for (int i = 0; i < 3; ++i) {
    const auto refused = set_up(player);
    check_no_bandwidth(refused);
    CHECK(refused.session().empty());
  }
}

TEST_CASE("max_bandwidth: 453 to who comes too late, until somebody stops", "[limits]") {
  const ServerProcess small(with_config("max_bandwidth: " + part(lecture_rates().both(), 250)));
  Player early(small, "/lecture.mp4");
  early.setup_all(Over::tcp);
  auto viewer = watching(small), second = watching(small, Over::udp, "127.0.0.2");
  // What was set up in time takes nothing before it plays.
  check_no_bandwidth(early.play());
  Player late(small, "/lecture.mp4");
  check_no_bandwidth(set_up(late));
  check_no_bandwidth(viewer.play({{"Speed", "2"}}));
  check_plays_on(viewer);
  check_plays_on(second);
  CHECK(second.pause().status == 200);
  CHECK(early.play().status == 200);
  check_no_bandwidth(second.play());
  CHECK(early.teardown().status == 200);
  CHECK(second.play().status == 200);
  second.client.disconnect(true);  // over UDP it plays on
  check_no_bandwidth(set_up(late));
  CHECK_THAT(small.log(), Catch::Contains("PLAY refused: it takes"));
  viewer.client.disconnect(true);
  CHECK(eventually([&] { return set_up(late).status == 200; }));
}

TEST_CASE("max_bandwidth: what has played to its end takes nothing", "[limits]") {
  const ServerProcess small(with_config("max_bandwidth: " + part(lecture_rates().both(), 150)));
  auto viewer = watching(small);
  REQUIRE(viewer.play({{"Range", "npt=9.5-"}}).status == 200);
  Player next(small, "/lecture.mp4");
  check_no_bandwidth(set_up(next));
  viewer.receive(5000ms, true);
  REQUIRE(viewer.all_byes());
  next.setup_all(Over::tcp);
  CHECK(next.play().status == 200);
  check_no_bandwidth(viewer.play());
}

TEST_CASE("max_request_rate: who asks more often waits, in order, and nobody else does", "[limits]") {
  constexpr int burst = 20, more = 25, rate = 10;
  const ServerProcess strict(with_config("loops: 1\nmax_request_rate: " + std::to_string(rate) + "\n"));
  auto viewer = watching(strict), eager = watching(strict);
  RtspClient other(strict.host(), strict.port());
  const auto begin = Clock::now();
  RtspClient flood(strict.host(), strict.port());
  for (int i = 0; i < burst + more; ++i) flood.send_request("OPTIONS", strict.url("/"));
  // One that plays over the connection on which it asks.
  for (int i = 0; i < burst; ++i) eager.client.send_request("OPTIONS", strict.url("/"));
  for (int i = 0; i < 10; ++i) {
    const auto asked = Clock::now();
    CHECK(is_served(other, strict));
    CHECK(Clock::now() - asked < 1s);
  }
  check_plays_on(viewer);
  eager.receive(1500ms);
  for (std::size_t track = 0; track < 2; ++track) check_no_gap(eager.arrived(track));
  CHECK(eager.arrived(0).frames() >= 25);
  for (int i = 1; i <= burst + more; ++i) {
    const auto answer = flood.answer(5000ms);
    REQUIRE(answer.status == 200);
    REQUIRE(answer.header("CSeq") == std::to_string(i));
  }
  // The last one had to wait for all before it but the burst.
  CHECK(Clock::now() - begin >= 1s * (more - 1) / rate);
  CHECK(is_served(flood, strict));
  CHECK_THAT(strict.log(), Catch::Contains("asks more often than max_request_rate"));
}

TEST_CASE("max_header_size: a longer head is 413, and who watches misses nothing", "[limits]") {
  const ServerProcess strict(with_config("max_header_size: 1KiB\n"));
  auto viewer = watching(strict);
  const auto ask = [&](const std::string& padding) {
    RtspClient client(strict.host(), strict.port());
    client.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n" + padding + "\r\n");
    const auto answer = client.answer();
    if (answer.status == 413) CHECK(client.closes());
    return answer.status;
  };
  const auto head = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n"s.size() + "X: \r\n"s.size() + 2;
  CHECK(ask("X: " + std::string(1024 - head, 'y') + "\r\n") == 200);
  CHECK(ask("X: " + std::string(1024 - head + 1, 'y') + "\r\n") == 413);
  CHECK(ask("X: " + std::string(100'000, 'y')) == 413);
  std::string many;
  for (int i = 0; i < 60; ++i) many += "X-" + std::to_string(i) + ": 0123456789\r\n";
  CHECK(ask(many) == 413);
  check_plays_on(viewer);
}

TEST_CASE("max_header_size may be larger than it is by default", "[limits]") {
  const ServerProcess lenient(with_config("max_header_size: 64KiB\n"));
  RtspClient client(lenient.host(), lenient.port());
  std::string lines;
  for (int i = 0; i < 8; ++i) lines += "X: " + std::string(7000, 'y') + "\r\n";
  client.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n" + lines + "\r\n");
  CHECK(client.answer().status == 200);
}

TEST_CASE("max_body_size: a longer body is 413, and who watches misses nothing", "[limits]") {
  const ServerProcess strict(with_config("max_body_size: 1KiB\n"));
  auto viewer = watching(strict);
  const auto ask = [&](std::size_t size) {
    RtspClient client(strict.host(), strict.port());
    const Headers text{{"Content-Type", "text/parameters"}};
    const auto answer =
        client.request("SET_PARAMETER", strict.url("/"), text, "a: " + std::string(size - 5, 'b') + "\r\n");
    if (answer.status == 413)
      CHECK(client.closes());
    else
      CHECK(is_served(client, strict));
    return answer.status;
  };
  CHECK(ask(1024) == 451);
  CHECK(ask(1025) == 413);
  CHECK(ask(1'000'000) == 413);
  check_plays_on(viewer);
}
