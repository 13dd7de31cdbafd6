// CONFORMANCE: SETUP.
#include <catch2/catch.hpp>
#include <set>

#include "tests/conformance/default_server.h"
#include "tests/support/player.h"
#include "tests/support/transcript.h"

using namespace lectern::test;
using namespace std::string_literals;

namespace {

constexpr auto tcp = "RTP/AVP/TCP;unicast";

RtspClient connect(const std::string& source = "") {
  return {server().host(), server().port(), source};
}

std::string track(int number) {
  return server().url("/lecture.mp4/track" + std::to_string(number));
}

Answer setup(RtspClient& client, const std::string& url, const std::string& transport,
             const std::string& session = "") {
  Headers headers{{"Transport", transport}};
  if (!session.empty()) headers.emplace_back("Session", session);
  return client.request("SETUP", url, headers);
}

std::string channels(const Answer& answer) {
  return parameter(answer.header("Transport"), "interleaved");
}

std::string udp(const UdpPair& pair) {
  return "RTP/AVP;unicast;client_port=" + pair.ports();
}

}  // namespace

TEST_CASE("TCP with no interleaved: 0-1, then the next free pair", "[setup]") {
  auto client = connect();
  const auto first = setup(client, track(1), tcp);
  REQUIRE(first.status == 200);
  CHECK_THAT(first.header("Transport"), Catch::StartsWith("RTP/AVP/TCP"));
  CHECK(channels(first) == "0-1");
  const auto second = setup(client, track(2), tcp, first.session());
  REQUIRE(second.status == 200);
  CHECK(channels(second) == "2-3");
  CHECK(second.session() == first.session());
}

TEST_CASE("TCP with interleaved: the asked channels", "[setup]") {
  auto client = connect();
  CHECK(channels(setup(client, track(1), tcp + ";interleaved=10-11"s)) == "10-11");
}

TEST_CASE("channels already taken: another pair", "[setup]") {
  auto client = connect();
  const auto first = setup(client, track(1), tcp + ";interleaved=4-5"s);
  REQUIRE(channels(first) == "4-5");
  for (const auto* asked : {"4-5", "5-6"}) {
    const auto second = setup(client, track(2), tcp + ";interleaved="s + asked, first.session());
    REQUIRE(second.status == 200);
    const auto got = channels(second);
    const int low = std::stoi(got);
    CHECK(std::stoi(got.substr(got.find('-') + 1)) == low + 1);
    CHECK((low + 1 < 4 || low > 5));
  }
}

TEST_CASE("a pair of channels that is none: another pair, or 400 beyond the last channel", "[setup]") {
  auto client = connect();
  CHECK(channels(setup(client, track(1), tcp + ";interleaved=7-7"s)) == "0-1");
  CHECK(channels(setup(client, track(1), tcp + ";interleaved=254-255"s)) == "254-255");
  CHECK(setup(client, track(1), tcp + ";interleaved=255"s).status == 400);
  CHECK(setup(client, track(1), tcp + ";interleaved=255-256"s).status == 400);
}

TEST_CASE("all channels of a connection taken: 400, and a track that has its channels keeps them",
          "[setup]") {
  auto client = connect();
  std::string last;
  for (int i = 0; i < 128; ++i) {
    const auto answer = setup(client, track(1), tcp);
    REQUIRE(channels(answer) == std::to_string(2 * i) + "-" + std::to_string(2 * i + 1));
    last = answer.session();
  }
  CHECK(setup(client, track(1), tcp).status == 400);
  CHECK(setup(client, track(2), tcp, last).status == 400);
  CHECK(channels(setup(client, track(1), tcp + ";interleaved=0-1"s, last)) == "254-255");
  CHECK(client.request("TEARDOWN", server().url("/lecture.mp4/"), {{"Session", last}}).status == 200);
  CHECK(channels(setup(client, track(1), tcp)) == "254-255");
}

TEST_CASE("a transport that is not done here: 461", "[setup]") {
  auto client = connect();
  for (const auto* transport :
       {"RTP/AVP;unicast", "RTP/AVP/UDP;unicast", "RTP/SAVP;unicast",
        "RTP/AVPF;unicast;client_port=9000-9001", "RTP/SAVPF/TCP;unicast", "RTP/SAVP/TCP;unicast;mode=RECORD",
        "RTP/AVP/TCP;unicast;mode=RECORD", "RTP/AVP;unicast;client_port=9000-9001;mode=\"RECORD\""}) {
    CAPTURE(transport);
    CHECK(setup(client, track(1), transport).status == 461);
  }
}

TEST_CASE("Transport answers what was applied, and repeats nothing else of the offer", "[setup]") {
  const auto* foreign =
      ";source=192.0.2.1;destination=127.0.0.1;port=7000-7001;ttl=3;layers=2;server_port=1-2";
  auto client = connect();
  const auto over_tcp =
      setup(client, track(1), tcp + ";interleaved=4-5;client_port=8000-8001"s + foreign).header("Transport");
  CHECK_THAT(over_tcp, Catch::Matches("RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=[0-9A-F]{8};mode=\"PLAY\""));
  UdpPair pair;
  const auto over_udp = setup(client, track(1), udp(pair) + ";interleaved=4-5" + foreign).header("Transport");
  CHECK_THAT(over_udp, Catch::Matches("RTP/AVP;unicast;client_port=" + pair.ports() +
                                      ";server_port=[0-9]{2,}-[0-9]+;ssrc=[0-9A-F]{8};mode=\"PLAY\""));
}

TEST_CASE("SETUP of a whole file with several tracks: 459; with one: that track", "[setup]") {
  auto client = connect();
  for (const auto* path : {"/lecture.mp4", "/lecture.mp4/"}) {
    CHECK(setup(client, server().url(path), tcp).status == 459);
    const auto session = setup(client, track(1), tcp).session();
    CHECK(setup(client, server().url(path), tcp, session).status == 459);
  }
  const auto one = setup(client, server().url("/talk.mp3/"), tcp);
  REQUIRE(one.status == 200);
  CHECK(setup(client, server().url("/talk.mp3"), tcp, one.session()).status == 200);
}

TEST_CASE("several Transport alternatives: the first that is enabled", "[setup]") {
  auto client = connect();
  UdpPair pair;
  const auto over_tcp =
      setup(client, track(1), "RAW/RAW/UDP;unicast;client_port=9000-9001,RTP/AVP/TCP;unicast,"s + udp(pair));
  CHECK(over_tcp.status == 200);
  CHECK_THAT(over_tcp.header("Transport"), Catch::StartsWith("RTP/AVP/TCP"));

  auto other = connect();
  const auto over_udp = setup(other, track(1), udp(pair) + ",RTP/AVP/TCP;unicast;interleaved=0-1");
  CHECK(over_udp.status == 200);
  CHECK(parameter(over_udp.header("Transport"), "client_port") == pair.ports());
  CHECK(over_udp.header("Transport").find("TCP") == std::string::npos);
}

TEST_CASE("no Transport alternative enabled: 461", "[setup]") {
  auto client = connect();
  CHECK(setup(client, track(1), "RAW/RAW/UDP;unicast;client_port=9000-9001").status == 461);
  CHECK(setup(client, track(1), "RTP/AVPX;unicast, MP2T/H2221/UDP;unicast;client_port=9000-9001").status ==
        461);
  CHECK(setup(client, track(1), tcp).status == 200);
}

TEST_CASE("empty or malformed Transport: 400, also on the second track", "[setup][R]") {
  const auto second = GENERATE(false, true);
  for (const auto* transport :
       {"", " \t", ",", ";;;", ";unicast", "RTP/AVP/TCP;interleaved=abc",
        "RTP/AVP/TCP;interleaved=", "RTP/AVP/TCP;interleaved=300-301", "RTP/AVP/TCP;interleaved=-1-0",
        "RTP/AVP;unicast;client_port=99999-100000", "RTP/AVP;unicast;client_port=x",
        "RTP/AVP;unicast;client_port=", "RTP/AVP;unicast;client_port=70000"}) {
    CAPTURE(transport, second);
    auto client = connect();
    const auto session = second ? setup(client, track(1), tcp).session() : "";
    CHECK(setup(client, track(second ? 2 : 1), transport, session).status == 400);
  }
  CHECK(server_is_well());
}

TEST_CASE("no Transport at all: 400", "[setup]") {
  CHECK(connect().request("SETUP", track(1)).status == 400);
}

TEST_CASE("UDP: the ports are echoed, the server's are a pair, the ssrc is named", "[setup]") {
  auto client = connect();
  UdpPair pair;
  const auto answer = setup(client, track(1), udp(pair));
  REQUIRE(answer.status == 200);
  const auto transport = answer.header("Transport");
  CHECK_THAT(transport, Catch::StartsWith("RTP/AVP"));
  CHECK_THAT(transport, Catch::Contains("unicast"));
  CHECK(parameter(transport, "client_port") == pair.ports());
  const auto ports = parameter(transport, "server_port");
  const int rtp = std::stoi(ports);
  CHECK(rtp % 2 == 0);
  CHECK(ports == std::to_string(rtp) + "-" + std::to_string(rtp + 1));
  CHECK_THAT(parameter(transport, "ssrc"), Catch::Matches("[0-9A-Fa-f]{8}"));
}

TEST_CASE("IPv6: DESCRIBE, SETUP over UDP and PLAY", "[setup]") {
  const ServerProcess six({SampleMedia::get().root(), "", true});
  Player player(six, "/lecture.mp4");
  CHECK_THAT(player.base(), Catch::StartsWith("rtsp://[::1]:"));
  player.setup_all(Over::udp);
  CHECK(player.play().status == 200);
  player.receive(milliseconds(400));
  CHECK_FALSE(player.arrived(0).rtp.empty());
  CHECK_FALSE(player.arrived(1).rtp.empty());
}

TEST_CASE("destination other than the peer: 461; nothing is sent to an address that did not ask",
          "[setup][R]") {
  auto client = connect();
  UdpPair victim("127.0.0.9");
  const auto answer = setup(client, track(1), udp(victim) + ";destination=127.0.0.9");
  CHECK(answer.status == 461);
  CHECK(setup(client, track(1), tcp + ";destination=127.0.0.9"s).status == 461);
  CHECK_FALSE(victim.rtp(milliseconds(100)));
  CHECK_FALSE(victim.rtcp(milliseconds(0)));
}

TEST_CASE("destination that is the peer: 200", "[setup]") {
  auto client = connect();
  UdpPair pair;
  CHECK(setup(client, track(1), udp(pair) + ";destination=127.0.0.1").status == 200);
}

TEST_CASE("client_port=0: 461", "[setup][R]") {
  for (const auto* ports : {"0-1", "0", "0-0"}) {
    auto client = connect();
    CHECK(setup(client, track(1), "RTP/AVP;unicast;client_port="s + ports).status == 461);
  }
}

TEST_CASE("missing track: 404", "[setup]") {
  for (const auto* path :
       {"/lecture.mp4/track99", "/lecture.mp4/track0", "/lecture.mp4/track3", "/lecture.mp4/trackX",
        "/lecture.mp4/track99999999999999999999", "/lecture.mp4/track-1", "/missing.mp4/track1"}) {
    auto client = connect();
    CHECK(setup(client, server().url(path), tcp).status == 404);
  }
}

TEST_CASE("second SETUP of a track with the same transport: re-negotiates or 400, never a crash",
          "[setup][R]") {
  auto client = connect();
  const auto first = setup(client, track(1), tcp);
  REQUIRE(first.status == 200);
  for (const auto* transport : {"RTP/AVP/TCP;unicast", "RTP/AVP/TCP;unicast;interleaved=0-1",
                                "RTP/AVP/TCP;unicast;interleaved=6-7"}) {
    const auto again = setup(client, track(1), transport, first.session());
    CHECK((again.status == 200 || again.status == 400));
  }
  CHECK(client.request("PLAY", server().url("/lecture.mp4/"), {{"Session", first.session()}}).status == 200);
  CHECK(server_is_well());
}

TEST_CASE("second SETUP of a track while it plays: no crash", "[setup][R]") {
  for (const auto over : {Over::tcp, Over::udp}) {
    Player player(server(), "/lecture.mp4");
    player.setup_all(over);
    REQUIRE(player.play().status == 200);
    const auto transport = over == Over::tcp ? "RTP/AVP/TCP;unicast;interleaved=0-1" : udp(player.udp(0));
    const auto status = setup(player.client, player.track_url(0), transport, player.session()).status;
    CHECK((status == 200 || status == 400 || status == 455));
    CHECK(player.teardown().status == 200);
  }
  CHECK(server_is_well());
}

TEST_CASE("other path or other transport kind in one session: 459 or 400", "[setup]") {
  auto client = connect();
  UdpPair pair;
  const auto first = setup(client, track(1), tcp);
  REQUIRE(first.status == 200);
  const auto path = setup(client, server().url("/short.mp4/track2"), tcp, first.session()).status;
  CHECK((path == 459 || path == 400));
  const auto kind = setup(client, track(2), udp(pair), first.session()).status;
  CHECK((kind == 459 || kind == 400));
  CHECK(setup(client, track(2), tcp, first.session()).status == 200);

  const auto over_udp = setup(client, track(1), udp(pair));
  REQUIRE(over_udp.status == 200);
  CHECK(setup(client, track(2), tcp, over_udp.session()).status == 459);
}

TEST_CASE("same UDP ports by the same address in two sessions: 400", "[setup]") {
  auto one = connect();
  auto two = connect();
  auto elsewhere = connect("127.0.0.2");
  UdpPair pair;
  const auto first = setup(one, track(1), udp(pair));
  REQUIRE(first.status == 200);
  CHECK(setup(two, track(1), udp(pair)).status == 400);
  CHECK(setup(one, track(2), udp(pair), first.session()).status == 400);
  CHECK(setup(elsewhere, track(1), udp(pair)).status == 200);
  // RTP's or RTCP's alone, too, and in whatever role.
  const auto rtp = pair.port(), rtcp = static_cast<std::uint16_t>(pair.port() + 1);
  for (const auto& [first_port, second_port] : {std::pair{rtp, static_cast<std::uint16_t>(rtp + 3)},
                                                std::pair{static_cast<std::uint16_t>(rtp - 1), rtcp},
                                                std::pair{rtcp, static_cast<std::uint16_t>(rtcp + 1)}}) {
    CAPTURE(first_port, second_port);
    CHECK(
        setup(two, track(1),
              "RTP/AVP;unicast;client_port=" + std::to_string(first_port) + "-" + std::to_string(second_port))
            .status == 400);
  }
}

TEST_CASE("multicast with ttl=0: 461", "[setup]") {
  auto client = connect();
  CHECK(setup(client, track(1), "RTP/AVP;multicast;ttl=0").status == 461);
  CHECK(setup(client, track(1), "RTP/AVP;multicast;destination=127.0.0.1;ttl=0;port=9000-9001").status ==
        461);
}

TEST_CASE("Session id: at least 128 random bits; timeout= given", "[setup]") {
  std::set<std::string> seen;
  for (int i = 0; i < 8; ++i) {
    auto client = connect();
    const auto answer = setup(client, track(1), tcp);
    CHECK_THAT(answer.header("Session"), Catch::Matches("[0-9a-fA-F]{32,}; ?timeout=60"));
    seen.insert(answer.session());
    seen.insert(answer.session().substr(0, 12));
    seen.insert(answer.session().substr(answer.session().size() -
                                        std::min<std::size_t>(12, answer.session().size())));
  }
  CHECK(seen.size() == 24);
}

TEST_CASE("SETUP naming an unknown session: 454", "[setup]") {
  auto client = connect();
  CHECK(setup(client, track(1), tcp, "0123456789abcdef0123456789abcdef").status == 454);
}

TEST_CASE("a session of another address: 454, and it is unharmed", "[setup][R]") {
  Player owner(server(), "/lecture.mp4");
  owner.setup(0, Over::udp);
  auto thief = connect("127.0.0.2");
  const Headers named{{"Session", owner.session()}};
  for (const auto* method : {"PLAY", "PAUSE", "TEARDOWN", "OPTIONS", "GET_PARAMETER", "SET_PARAMETER"}) {
    CHECK(thief.request(method, owner.base(), named).status == 454);
  }
  UdpPair pair("127.0.0.2");
  CHECK(setup(thief, track(2), udp(pair), owner.session()).status == 454);
  CHECK(owner.play().status == 200);
}

TEST_CASE("sessions of one address are capped: 503 with Retry-After, and those of another are not",
          "[setup]") {
  const ServerProcess small(with_config("max_sessions_per_address: 2\n"));
  Player one(small, "/lecture.mp4"), two(small, "/lecture.mp4"), three(small, "/lecture.mp4"),
      elsewhere(small, "/lecture.mp4", "127.0.0.2");
  one.setup(0, Over::tcp);
  two.setup(0, Over::udp);
  const auto refused = setup(three.client, three.track_url(0), tcp);
  CHECK(refused.status == 503);
  CHECK_THAT(refused.header("Retry-After"), Catch::Matches("[0-9]+"));
  elsewhere.setup_all(Over::udp);
  one.setup(1, Over::tcp);  // a track more is no session more
  CHECK(one.teardown().status == 200);
  three.setup(0, Over::tcp);
  CHECK(three.play().status == 200);
}

TEST_CASE("limits reached: 503 with Retry-After, existing sessions unharmed", "[setup]") {
  const ServerProcess small(with_config("max_sessions: 2\n"));
  Player one(small, "/lecture.mp4"), two(small, "/lecture.mp4"), three(small, "/lecture.mp4");
  one.setup_all(Over::tcp);
  two.setup_all(Over::udp);
  const auto refused = setup(three.client, three.track_url(0), tcp);
  CHECK(refused.status == 503);
  CHECK_THAT(refused.header("Retry-After"), Catch::Matches("[0-9]+"));
  CHECK(one.play().status == 200);
  CHECK(two.play().status == 200);
  one.receive(milliseconds(300));
  CHECK_FALSE(one.arrived(0).rtp.empty());

  CHECK(one.teardown().status == 200);
  three.setup_all(Over::tcp);
  CHECK(three.play().status == 200);
}
