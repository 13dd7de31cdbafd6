// CONFORMANCE: PLAY, PAUSE, TEARDOWN: how sessions end.
#include <catch2/catch.hpp>
#include <thread>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

// The status of an OPTIONS that names the session, on a connection of its own.
int status_of(const ServerProcess& at, const std::string& session) {
  RtspClient client(at.host(), at.port());
  return client.request("OPTIONS", at.url("/lecture.mp4"), {{"Session", session}}).status;
}

void send_reports(Player& player, milliseconds time) {
  for (const auto end = Clock::now() + time; Clock::now() < end; std::this_thread::sleep_for(250ms)) {
    player.udp(0).send_rtcp(player.server_rtcp_port(0), receiver_report(0x11223344));
  }
}

}  // namespace

TEST_CASE("TEARDOWN of all: 200, the session is gone, the connection is usable", "[teardown]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  Player player(server(), "/lecture.mp4");
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  player.receive(100ms);
  CHECK(player.teardown().status == 200);
  player.forget_arrived();
  CHECK(player.play().status == 454);
  CHECK(player.teardown().status == 454);
  player.receive(200ms);
  CHECK(player.arrived(0).rtp.empty());
  const auto again =
      player.client.request("SETUP", player.track_url(0), {{"Transport", "RTP/AVP/TCP;unicast"}});
  CHECK(again.status == 200);
  CHECK(parameter(again.header("Transport"), "interleaved") == "0-1");
  CHECK(again.session() != player.session());
}

TEST_CASE("TEARDOWN of one track: 200, the other goes on", "[teardown]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::udp);
  REQUIRE(player.play().status == 200);
  const Headers session{{"Session", player.session()}};
  CHECK(player.client.request("TEARDOWN", player.track_url(0), session).status == 200);
  player.forget_arrived();
  player.receive(300ms);
  CHECK(player.arrived(0).rtp.empty());
  CHECK_FALSE(player.arrived(1).rtp.empty());
  check_rtp_info(player, player.play(), {1});
  CHECK(player.client.request("TEARDOWN", player.track_url(1), session).status == 200);
  CHECK(player.play().status == 454);
}

TEST_CASE("a track in the query is a track: TEARDOWN ends it alone, PLAY and PAUSE are refused",
          "[teardown]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  const Headers session{{"Session", player.session()}};
  const auto first = server().url("/lecture.mp4?track=1");
  const auto refused = player.client.request("PLAY", first, session);
  CHECK(refused.status == 460);
  CHECK_THAT(refused.reason, Catch::Contains("leave out the track"));
  REQUIRE(player.play().status == 200);
  CHECK(player.client.request("PAUSE", first, session).status == 460);
  CHECK(player.client.request("TEARDOWN", server().url("/lecture.mp4?track=9"), session).status == 404);
  CHECK(player.client.request("TEARDOWN", first, session).status == 200);
  check_rtp_info(player, player.play(), {1});
}

TEST_CASE("a viewer that is paused is told BYE too", "[teardown]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  Player player(server(), "/lecture.mp4");
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  player.receive(200ms);
  REQUIRE(player.pause().status == 200);
  player.forget_arrived();
  REQUIRE(player.teardown().status == 200);
  player.receive(200ms, true);
  CHECK(player.all_byes());
}

TEST_CASE("TEARDOWN of a track that is not set up, or not there, is refused and ends nothing", "[teardown]") {
  Player player(server(), "/lecture.mp4");
  player.setup(0, Over::tcp);
  const Headers session{{"Session", player.session()}};
  CHECK(player.client.request("TEARDOWN", player.track_url(1), session).status >= 400);
  CHECK(player.client.request("TEARDOWN", server().url("/lecture.mp4/track99"), session).status >= 400);
  CHECK(player.play().status == 200);
}

TEST_CASE("connection dropped in any state: session freed", "[teardown]") {
  const ServerProcess one(with_config("max_sessions: 1\n"));
  const auto room = [&] {
    RtspClient client(one.host(), one.port());
    const auto status =
        client.request("SETUP", one.url("/lecture.mp4/track1"), {{"Transport", "RTP/AVP/TCP;unicast"}})
            .status;
    return status == 200;
  };
  REQUIRE(room());
  for (const auto* state : {"SETUP", "PLAY", "PAUSE"}) {
    for (const bool reset : {false, true}) {
      CAPTURE(state, reset);
      REQUIRE(eventually(room));
      std::this_thread::sleep_for(150ms);
      Player player(one, "/lecture.mp4");
      player.setup_all(Over::tcp);
      if (state != "SETUP"s) REQUIRE(player.play().status == 200);
      if (state == "PAUSE"s) REQUIRE(player.pause().status == 200);
      CHECK_FALSE(room());
      player.client.disconnect(reset);
      CHECK(eventually(room));
    }
  }
}

TEST_CASE("connection dropped in the middle of a request, an answer or a frame: nothing is harmed",
          "[teardown]") {
  for (const auto* bytes :
       {"DESC", "DESCRIBE rtsp://127.0.0.1/lecture.mp4 RTSP/1.0\r\nCSe", "$", "$\x01\x02\x03"}) {
    RtspClient client(server().host(), server().port());
    client.send(bytes);
    client.disconnect(true);
  }
  RtspClient client(server().host(), server().port());
  client.send_request("DESCRIBE", server().url("/lecture.mp4"));
  client.disconnect(true);
  CHECK(server_is_well());
}

TEST_CASE("a TCP session dies with its connection", "[teardown]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  REQUIRE(status_of(server(), player.session()) == 200);
  player.client.disconnect();
  CHECK(eventually([&] { return status_of(server(), player.session()) == 454; }));
}

TEST_CASE("a UDP session outlives its connection, is kept alive by RTCP, and ends at its timeout",
          "[timeout]") {
  const ServerProcess brief(with_config("session_timeout: 2s\n"));
  Player player(brief, "/lecture.mp4");
  player.setup_all(Over::udp);
  CHECK_THAT(player.play().header("Session"), Catch::Contains(player.session()));
  player.client.disconnect();
  send_reports(player, 3500ms);
  player.forget_arrived();
  player.receive(200ms);
  CHECK_FALSE(player.arrived(0).rtp.empty());

  // Without reports: at an end after two seconds, checked once a second at the least.
  player.receive(3300ms);
  player.forget_arrived();
  player.receive(300ms);
  CHECK(player.arrived(0).rtp.empty());
  CHECK(status_of(brief, player.session()) == 454);
}

TEST_CASE("a UDP session is kept alive by RTSP, on any connection", "[timeout]") {
  const ServerProcess brief(with_config("session_timeout: 2s\n"));
  Player player(brief, "/lecture.mp4");
  player.setup_all(Over::udp);
  CHECK_THAT(player.control("GET_PARAMETER").header("Session"), Catch::Contains(player.session()));
  for (int second = 0; second < 3; ++second) {
    std::this_thread::sleep_for(1s);
    if (second == 0) CHECK(player.control("OPTIONS").status == 200);
    if (second == 1) CHECK(player.control("SET_PARAMETER").status == 200);
    if (second == 2) CHECK(status_of(brief, player.session()) == 200);
  }
  CHECK(player.play().status == 200);
}

TEST_CASE("idle past the timeout: freed, next request 454; foreign RTCP keeps nothing alive", "[timeout]") {
  const ServerProcess brief(with_config("session_timeout: 2s\nmax_sessions: 2\n"));
  Player idle(brief, "/lecture.mp4"), watched(brief, "/lecture.mp4");
  CHECK_THAT(idle.setup(0, Over::udp).header("Session"), Catch::Contains("timeout=2"));
  watched.setup(0, Over::udp);
  REQUIRE(watched.play().status == 200);
  UdpPair stranger;
  for (int i = 0; i < 14; ++i) {
    stranger.send_rtcp(watched.server_rtcp_port(0), receiver_report(1));
    std::this_thread::sleep_for(250ms);
  }
  CHECK(idle.play().status == 454);
  CHECK(watched.pause().status == 454);
  watched.forget_arrived();
  watched.receive(200ms);
  CHECK(watched.arrived(0).rtp.empty());
  Player next(brief, "/lecture.mp4");
  next.setup(0, Over::udp);
  CHECK(next.play().status == 200);
}
