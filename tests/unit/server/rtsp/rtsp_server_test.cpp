#include "server/rtsp/rtsp_server.h"

#include <catch2/catch.hpp>

#include "tests/support/mutation.h"
#include "tests/support/rtp_view.h"
#include "tests/support/transcript.h"
#include "tests/support/udp_pair.h"
#include "tests/unit/server/rtsp/running_server.h"

using namespace lectern;
using namespace lectern::test;

namespace {

constexpr const char* over_tcp = "RTP/AVP/TCP;unicast;interleaved=0-1";

std::string over_udp(const UdpPair& ports) {
  return "RTP/AVP;unicast;client_port=" + ports.ports();
}

/// A viewer of the pictures of lecture.mp4 over UDP, who is to notice nothing.
struct Viewer {
  explicit Viewer(const RunningServer& server) : client(server.connect()), url(server.url("/lecture.mp4")) {
    const Answer setup = client.request("SETUP", url + "/track1", {{"Transport", over_udp(ports)}});
    REQUIRE(setup.status == 200);
    session = setup.session();
    const std::string transport = setup.header("Transport");
    server_rtcp = static_cast<std::uint16_t>(
        std::stoi(transport.substr(transport.find('-', transport.find("server_port=")) + 1)));
    REQUIRE(client.request("PLAY", url, {{"Session", session}}).status == 200);
  }
  /// How many packets came; all of them in order.
  std::size_t received() {
    std::size_t count = 0;
    std::optional<std::uint16_t> expected;
    while (const auto datagram = ports.rtp(milliseconds(0))) {
      const auto packet = parse_rtp(datagram->data);
      REQUIRE(packet);
      if (expected) REQUIRE(packet->seq == *expected);
      expected = static_cast<std::uint16_t>(packet->seq + 1);
      ++count;
    }
    return count;
  }
  RtspClient client;
  std::string url, session;
  UdpPair ports;
  std::uint16_t server_rtcp = 0;
};

}  // namespace

TEST_CASE("A second connection cannot carry a part of a session over TCP", "[rtsp_server]") {
  const unsigned loops = GENERATE(1u, 2u);
  const RunningServer server(loops);
  auto first = server.connect(), second = server.connect();
  const std::string url = server.url("/lecture.mp4");
  const Answer setup = first.request("SETUP", url + "/track1", {{"Transport", over_tcp}});
  REQUIRE(setup.status == 200);
  const Headers in_session{{"Session", setup.session()}};
  const Answer refused =
      second.request("SETUP", url + "/track2", {{"Session", setup.session()}, {"Transport", over_tcp}});
  CHECK((refused.status == 459 || refused.status == 461));
  CHECK(second.request("PLAY", url, in_session).status == 200);  // its media goes to the first
  CHECK(first.frame().has_value());
  first.disconnect(true);
  int status = 200;
  for (int i = 0; i < 100 && status != 454; ++i) {
    status = second.request("GET_PARAMETER", url, in_session).status;
    std::this_thread::sleep_for(milliseconds(10));
  }
  CHECK(status == 454);
  CHECK(second.request("SETUP", url + "/track2", {{"Transport", over_tcp}}).status == 200);
}

TEST_CASE("A request reaches its session on whatever loop it lives, and answers keep their order",
          "[rtsp_server]") {
  const RunningServer server(3);
  Viewer viewer(server);
  for (int i = 0; i < 4; ++i) {
    auto other = server.connect();
    const Headers in_session{{"Session", viewer.session}};
    other.send_request("PAUSE", viewer.url, in_session);
    other.send_request("OPTIONS", viewer.url);
    other.send_request("PLAY", viewer.url, in_session);
    other.send_request("DESCRIBE", viewer.url);
    for (int cseq = 1; cseq <= 4; ++cseq) {
      const Answer answer = other.answer();
      CHECK(answer.status == 200);
      CHECK(answer.header("CSeq") == std::to_string(cseq));
    }
    if (i == 3) CHECK(other.request("TEARDOWN", viewer.url, in_session).status == 200);
  }
  CHECK(viewer.client.request("PLAY", viewer.url, {{"Session", viewer.session}}).status == 454);
}

TEST_CASE("Who leaves while an answer is owed, or the server itself, harms nothing", "[rtsp_server]") {
  for (int round = 0; round < 12; ++round) {
    const RunningServer server(2);
    std::vector<RtspClient> clients;
    for (int i = 0; i < 6; ++i) {
      clients.push_back(server.connect());
      RtspClient& client = clients.back();
      const std::string url = server.url(i % 2 ? "/lecture.mp4" : "/talk.mp3");
      client.send_request("DESCRIBE", url);
      client.send_request("SETUP", url + "/track1", {{"Transport", over_tcp}});
      client.send_request("DESCRIBE", server.url("/short.mp4"));
      if (i % 3 == 0) client.disconnect(i == 0);
    }
    std::this_thread::sleep_for(milliseconds(round % 4 * 3));
  }
}

TEST_CASE("RTCP reaches a session after another one with the same RTCP port has ended", "[rtsp_server]") {
  server::Config config;
  config.session_timeout = std::chrono::seconds(1);
  const RunningServer server(1, config);
  auto client = server.connect();
  const std::string url = server.url("/lecture.mp4");
  UdpPair one, two;
  if (one.port() > two.port()) std::swap(one, two);
  const auto set_up = [&](const UdpPair& rtp) {
    return client.request("SETUP", url + "/track1",
                          {{"Transport", "RTP/AVP;unicast;client_port=" + std::to_string(rtp.port()) + "-" +
                                             std::to_string(two.port() + 1)}});
  };
  const Answer first = set_up(one), second = set_up(two);
  REQUIRE(first.status == 200);
  REQUIRE(second.status == 200);
  REQUIRE(client.request("TEARDOWN", url, {{"Session", first.session()}}).status == 200);
  const std::string transport = second.header("Transport");
  const auto rtcp = static_cast<std::uint16_t>(
      std::stoi(transport.substr(transport.find('-', transport.find("server_port=")) + 1)));
  for (int i = 0; i < 12; ++i) {  // longer than the timeout and a sweep
    two.send_rtcp(rtcp, receiver_report(1));
    std::this_thread::sleep_for(milliseconds(200));
  }
  CHECK(client.request("PLAY", url, {{"Session", second.session()}}).status == 200);
}

TEST_CASE("Random bytes over RTSP and RTCP disturb no other viewer", "[rtsp_server][fuzz]") {
  const RunningServer server(2);
  Viewer viewer(server);
  Random random(20);
  UdpPair ports;
  const std::string url = server.url("/lecture.mp4"), report = receiver_report(0x11223344),
                    bye = receiver_bye(0x55667788);
  const auto end = Clock::now() + milliseconds(3000);
  std::size_t rounds = 0, answers = 0;
  for (; Clock::now() < end; ++rounds) {
    Transcript::current().clear();
    RtspClient client = server.connect();
    const bool tcp = random.below(2) == 0;
    const Answer setup = client.request("SETUP", url + "/track" + std::to_string(1 + random.below(2)),
                                        {{"Transport", tcp ? over_tcp : over_udp(ports)}});
    const std::string session = setup.status == 200 ? setup.session() : "none";
    const std::string tail = " RTSP/1.0\r\nCSeq: 7\r\nSession: " + session + "\r\n";
    const std::string messages[] = {
        "PLAY " + url + tail + "Range: npt=1-3\r\nScale: 2\r\nSpeed: 4\r\n\r\n",
        "PLAY " + url + tail + "Range: npt=5-1\r\nScale: -4\r\n\r\n",
        "PLAY " + url + tail + "\r\n",
        "PAUSE " + url + tail + "\r\n",
        "SETUP " + url + "/track2" + tail + "Transport: " + (tcp ? over_tcp : over_udp(ports)) + "\r\n\r\n",
        "TEARDOWN " + url + "/track1" + tail + "\r\n",
        "TEARDOWN " + url + tail + "\r\n",
        "GET_PARAMETER " + url + tail + "Content-Length: 9\r\n\r\nposition\n",
        "DESCRIBE " + url + tail + "Accept: application/sdp\r\n\r\n",
        std::string("$\x01\x00", 3) + static_cast<char>(report.size()) + report,
        std::string("$\x00\x00", 3) + static_cast<char>(bye.size()) + bye,
    };
    for (std::size_t sends = 1 + random.below(8); sends > 0; --sends) {
      const std::string& message = messages[random.below(std::size(messages))];
      client.send(random.below(3) == 0 ? std::string(as_text(mutated(as_bytes(message), random))) : message);
      const std::string& datagram = random.below(2) == 0 ? report : bye;
      const std::string broken(as_text(mutated(as_bytes(datagram), random)));
      ports.send_rtcp(viewer.server_rtcp, broken);
      viewer.ports.send_rtcp(viewer.server_rtcp, broken);
      if (random.below(4) == 0)
        while (std::holds_alternative<Answer>(client.next(milliseconds(random.below(4))))) ++answers;
    }
    client.disconnect(random.below(2) == 0);
  }
  CAPTURE(rounds, answers);
  CHECK(rounds > 20);
  CHECK(answers > 5);
  CHECK(viewer.received() > 60);  // 25 pictures a second for three seconds
  CHECK(viewer.client.request("TEARDOWN", viewer.url, {{"Session", viewer.session}}).status == 200);
}
