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

TEST_CASE("what is no request does not keep a connection", "[deadline]") {
  const ServerProcess strict(with_config("idle_timeout: 1s\n"));
  for (const auto& bytes :
       {"\r\n"s, "$\x05"s + std::string(2, '\0'), "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"s}) {
    CAPTURE(bytes);
    auto client = connect(strict);
    CHECK(answers(client, strict));
    bool closed = false;
    for (const auto begin = Clock::now(); !closed && Clock::now() < begin + 4s;) {
      client.send(bytes);
      closed = client.closes(150ms);
    }
    CHECK(closed);
  }
}

TEST_CASE("a session over TCP that does not play ends at its timeout, with its connection", "[deadline]") {
  const ServerProcess strict(with_config("session_timeout: 2s\npause_timeout: 3s\nmax_sessions: 4\n"));
  Player never(strict, "/lecture.mp4"), paused(strict, "/lecture.mp4"), kept(strict, "/lecture.mp4"),
      reporting(strict, "/lecture.mp4");
  for (auto* player : {&never, &paused, &kept, &reporting}) player->setup(0, Over::tcp);
  REQUIRE(paused.play().status == 200);
  REQUIRE(paused.pause().status == 200);
  for (int i = 0; i < 16; ++i) {
    std::this_thread::sleep_for(250ms);
    // Without its session, as some players do.
    CHECK(answers(kept.client, strict));
    const auto report = receiver_report(1);
    reporting.client.send("$\x01"s + '\0' + static_cast<char>(report.size()) + report);
  }
  CHECK(never.client.closes());
  CHECK(paused.client.closes());
  CHECK(kept.play().status == 200);
  CHECK(reporting.play().status == 200);
  // There is room again.
  Player next(strict, "/lecture.mp4"), last(strict, "/lecture.mp4");
  next.setup(0, Over::tcp);
  last.setup(0, Over::tcp);
}

TEST_CASE("a viewer over TCP that never reads is freed after the timeout", "[deadline]") {
  const ServerProcess strict(with_config("session_timeout: 1s\npause_timeout: 2s\nmax_sessions: 1\n"));
  RtspClient deaf(strict.host(), strict.port(), "", 4096);
  const auto setup =
      deaf.request("SETUP", strict.url("/lecture.mp4/track1"), {{"Transport", "RTP/AVP/TCP;unicast"}});
  REQUIRE(setup.status == 200);
  deaf.send_request("PLAY", strict.url("/lecture.mp4/"), {{"Session", setup.session()}, {"Speed", "16"}});
  Player next(strict, "/lecture.mp4");
  const auto has_room = [&] {
    return next.client.request("SETUP", next.track_url(0), {{"Transport", "RTP/AVP/TCP;unicast"}}).status ==
           200;
  };
  CHECK_FALSE(has_room());
  CHECK(eventually(has_room, 6000));
}

TEST_CASE("a viewer over TCP may pause for longer than the timeout, with PAUSE or by not reading",
          "[deadline]") {
  const ServerProcess strict(with_config("session_timeout: 1s\n"));
  Player paused(strict, "/lecture.mp4");
  paused.setup_all(Over::tcp);
  REQUIRE(paused.play().status == 200);
  REQUIRE(paused.pause().status == 200);
  RtspClient silent(strict.host(), strict.port(), "", 4096);
  const auto setup =
      silent.request("SETUP", strict.url("/lecture.mp4/track1"), {{"Transport", "RTP/AVP/TCP;unicast"}});
  REQUIRE(setup.status == 200);
  silent.send_request("PLAY", strict.url("/lecture.mp4/"), {{"Session", setup.session()}, {"Speed", "16"}});
  std::this_thread::sleep_for(
      4500ms);  // longer than it would last, and than the server keeps its media at hand
  std::vector<RtpPacket> received;
  bool bye = false;
  while (!bye) {
    const auto event = silent.next(3000ms);
    if (std::holds_alternative<Answer>(event)) continue;
    const auto* frame = std::get_if<Frame>(&event);
    if (!frame) break;
    if (frame->channel == 0)
      received.push_back(parse_rtp(frame->data).value());
    else
      bye = parse_rtcp(frame->data).value().bye;
  }
  CHECK(bye);
  CHECK(received.size() > 250);  // ten seconds of pictures
  for (std::size_t i = 1; i < received.size(); ++i)
    REQUIRE(received[i].seq == static_cast<std::uint16_t>(received[i - 1].seq + 1));
  CHECK(paused.play().status == 200);
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
