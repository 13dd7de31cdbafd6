// CONFORMANCE: Abuse that must leave players unharmed: deadlines and caps of connections.
#include <catch2/catch.hpp>
#include <optional>
#include <thread>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

RtspClient connect(const ServerProcess& to, const std::string& source = "") {
  return {to.host(), to.port(), source};
}

bool answers(RtspClient& client, const ServerProcess& server) {
  return client.request("OPTIONS", server.url("/")).status == 200;
}

// 503 and close are answers too: what counts is that the connection does not stay.
bool is_turned_away(const ServerProcess& server, const std::string& source = "") {
  auto client = connect(server, source);
  client.send_request("OPTIONS", server.url("/"));
  return client.answer(milliseconds(1000)).status != 200;
}

// A connection that is served. The probe by which the start was seen is counted until its end is seen, too.
RtspClient served(const ServerProcess& server, const std::string& source = "") {
  for (const auto deadline = Clock::now() + 2s;;) {
    auto client = connect(server, source);
    if (answers(client, server)) return client;
    REQUIRE(Clock::now() < deadline);
  }
}

}  // namespace

TEST_CASE("slow headers, half a request, silence: closed after the deadline, whatever trickles in",
          "[deadline]") {
  const ServerProcess strict(with_config("request_timeout: 1s\n"));
  Player player(strict, "/lecture.mp4");
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);

  auto silent = connect(strict), half = connect(strict), body = connect(strict), frame = connect(strict),
       second = connect(strict), trickling = connect(strict), patient = connect(strict);
  half.send("DESCRIBE " + strict.url("/lecture.mp4") + " RTSP/1.0\r\nCSeq: 1\r\n");
  body.send("SET_PARAMETER " + strict.url("/") + " RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 10\r\n\r\nabc");
  frame.send("$\x01\x10"s + std::string(100, 'x'));
  second.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\nOPTIONS * RT");
  CHECK(second.answer().status == 200);
  CHECK(answers(patient, strict));

  const auto begin = Clock::now();
  bool closed = false;
  trickling.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n");
  while (!closed && Clock::now() < begin + 5s) {
    trickling.send("X-Slow: y\r\n");
    closed = trickling.closes(150ms);
  }
  CHECK(closed);
  CHECK(Clock::now() - begin >= 700ms);
  for (auto* late : {&silent, &half, &body, &frame, &second}) CHECK(late->closes(2000ms));

  // Between two requests there is nothing that could be late.
  CHECK(answers(patient, strict));
  // A request that begins only now has all its time.
  patient.send("OPTIONS * RTSP/1.0\r\nCSe");
  std::this_thread::sleep_for(300ms);
  patient.send("q: 77\r\n\r\n");
  CHECK(patient.answer().header("CSeq") == "77");

  player.receive(200ms);
  for (std::size_t track = 0; track < 2; ++track) check_no_gap(player.arrived(track));
  CHECK(player.control("GET_PARAMETER").status == 200);
}

TEST_CASE("a request that is half here is answered 408 at its deadline", "[deadline]") {
  const ServerProcess strict(with_config("request_timeout: 1s\n"));
  auto client = connect(strict);
  client.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n");
  CHECK(client.answer(milliseconds(3000)).status == 408);
  CHECK(client.closes());
}

TEST_CASE("a connection without a session that stays silent is closed, one with a session is not",
          "[deadline]") {
  const ServerProcess strict(with_config("idle_timeout: 1s\n"));
  Player over_udp(strict, "/lecture.mp4"), over_tcp(strict, "/lecture.mp4");
  over_udp.setup(0, Over::udp);
  over_tcp.setup(0, Over::tcp);
  REQUIRE(over_udp.play().status == 200);
  auto idle = connect(strict);
  CHECK(answers(idle, strict));
  CHECK(idle.closes(3000ms));
  CHECK(over_tcp.play().status == 200);
  CHECK(over_udp.pause().status == 200);
  CHECK(over_udp.teardown().status == 200);
  CHECK(over_udp.client.closes(3000ms));
}

TEST_CASE("connections of one address are capped, those of another are not, and there is room again",
          "[deadline]") {
  const ServerProcess small(with_config("max_connections_per_address: 3\n"));
  served(small).disconnect();
  Player player(small, "/lecture.mp4");
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  std::optional<RtspClient> second(served(small));
  const auto third = served(small);
  for (int i = 0; i < 20; ++i) CHECK(is_turned_away(small));
  CHECK_FALSE(is_turned_away(small, "127.0.0.2"));
  second.reset();
  CHECK(eventually([&] { return !is_turned_away(small); }));
  player.receive(200ms);
  check_no_gap(player.arrived(0));
  CHECK(player.control("GET_PARAMETER").status == 200);
}

TEST_CASE("connections are capped in all", "[deadline]") {
  const ServerProcess small(with_config("max_connections: 2\n"));
  std::optional<RtspClient> first(served(small));
  auto second = served(small, "127.0.0.2");
  CHECK(is_turned_away(small, "127.0.0.3"));
  CHECK(answers(second, small));
  first.reset();
  CHECK(eventually([&] { return !is_turned_away(small, "127.0.0.3"); }));
}
