// CONFORMANCE: SETUP with multicast. Live media is sent to a group once for all who listen.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/conformance/live_checks.h"
#include "tests/support/group_socket.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

constexpr int port = 17'004;

const GroupRange& range() {
  static const GroupRange groups;
  return groups;
}

std::string configuration(const std::string& more = "") {
  return more + "multicast: { range: " + range().network() + ", port: " + std::to_string(port) +
         ", ttl: 3, interface: lo }\n"
         "paths:\n"
         "  never: " +
         looped_lecture("multicast: no") + "  cam: " + looped_lecture() + "  other: " + looped_lecture() +
         "  secret: " + looped_lecture("srtp: required") +
         "  sdes: " + looped_lecture("srtp: sdes, allow_clear_keys: yes");
}

ServerProcess& multicasting() {
  static ServerProcess process(with_config(configuration()));
  return process;
}

Answer setup(RtspClient& client, const std::string& url, const std::string& transport,
             const std::string& session = "") {
  Headers headers{{"Transport", transport}};
  if (!session.empty()) headers.emplace_back("Session", session);
  return client.request("SETUP", url, headers);
}

int status_of(const std::string& path, const std::string& transport) {
  RtspClient client(multicasting().host(), multicasting().port());
  return setup(client, multicasting().url(path), transport).status;
}

/// One that has asked for both tracks of a path by multicast.
struct Viewer {
  explicit Viewer(ServerProcess& of = multicasting(), const std::string& at = "/cam")
      : server(of), path(at), client(of.host(), of.port()) {
    for (const auto* track : {"/track1", "/track2"}) {
      const auto answer = setup(client, server.url(path + track), "RTP/AVP;multicast", session);
      REQUIRE(answer.status == 200);
      session = answer.session();
      transports.push_back(answer.header("Transport"));
    }
  }
  Answer request(const std::string& method) {
    return client.request(method, server.url(path), {{"Session", session}});
  }

  ServerProcess& server;
  std::string path, session;
  RtspClient client;
  std::vector<std::string> transports;
};

/// Receives the video of /cam.
struct Listener {
  GroupSocket rtp_socket{range().group(1), port}, rtcp_socket{range().group(1), port + 1};

  std::vector<RtpPacket> packets(std::size_t count) const {
    std::vector<RtpPacket> found;
    while (found.size() < count) {
      const auto bytes = rtp_socket.receive(5000ms);
      REQUIRE(bytes);
      const auto packet = parse_rtp(*bytes);
      REQUIRE(packet);
      found.push_back(*packet);
    }
    return found;
  }
  /// The next one that holds.
  RtcpPacket report(bool bye) const {
    for (int i = 0; i < 20; ++i) {
      const auto bytes = rtcp_socket.receive(8000ms);
      REQUIRE(bytes);
      const auto packet = parse_rtcp(*bytes);
      if (packet && packet->report && packet->bye == bye) return *packet;
    }
    FAIL("no such report");
    return {};
  }
  /// Nothing comes for a while; what is on its way at first is let pass.
  bool is_silent() const {
    while (rtp_socket.receive(300ms)) {
    }
    return !rtp_socket.receive(700ms);
  }
  void drain() const {
    while (rtp_socket.receive(0ms) || rtcp_socket.receive(0ms)) {
    }
  }
};

void check_no_gap(const std::vector<RtpPacket>& rtp) {
  for (std::size_t i = 1; i < rtp.size(); ++i) {
    CAPTURE(i);
    REQUIRE(rtp[i].seq == static_cast<std::uint16_t>(rtp[i - 1].seq + 1));
    REQUIRE(rtp[i].ssrc == rtp[0].ssrc);
  }
}

std::uint32_t ssrc_of(const std::string& transport) {
  return static_cast<std::uint32_t>(std::stoul(parameter(transport, "ssrc"), nullptr, 16));
}

}  // namespace

TEST_CASE("SETUP with multicast hands out the group, the same to all", "[multicast]") {
  Viewer one, two;
  const auto ports = [](int first) { return std::to_string(first) + "-" + std::to_string(first + 1); };
  for (std::size_t track = 0; track < 2; ++track) {
    CAPTURE(track);
    CHECK(one.transports[track] == two.transports[track]);
    CHECK(one.transports[track] == "RTP/AVP;multicast;destination=" + range().group(1) +
                                       ";port=" + ports(port + 2 * static_cast<int>(track)) + ";ttl=3;ssrc=" +
                                       parameter(one.transports[track], "ssrc") + ";mode=\"PLAY\"");
  }
  CHECK(ssrc_of(one.transports[0]) != ssrc_of(one.transports[1]));
  // Once more, and the group asked for by name; what it would have otherwise is for the server to say.
  const auto again =
      setup(one.client, multicasting().url("/cam/track1"),
            "RTP/AVP;multicast;destination=" + range().group(1) + ";port=9000-9001;ttl=200", one.session);
  CHECK(again.status == 200);
  CHECK(again.header("Transport") == one.transports[0]);
  // Another path has another group.
  Viewer other(multicasting(), "/other");
  CHECK(parameter(other.transports[0], "destination") == range().group(2));
}

TEST_CASE("what is not sent to a group: 461, or the next alternative", "[multicast]") {
  CHECK(status_of("/lecture.mp4/track1", "RTP/AVP;multicast") == 461);  // a recording
  CHECK(status_of("/never/track1", "RTP/AVP;multicast") == 461);
  CHECK(status_of("/secret/track1", "RTP/AVP;multicast") == 461);
  CHECK(status_of("/secret/track1", "RTP/SAVP;multicast") == 461);
  CHECK(status_of("/cam/track1", "RTP/SAVP;multicast") == 461);
  CHECK(status_of("/cam/track1", "RTP/AVP;multicast;ttl=0") == 461);
  CHECK(status_of("/cam/track1", "RTP/AVP/TCP;multicast") == 461);
  CHECK(status_of("/cam/track1", "RTP/AVP;multicast;mode=RECORD") == 461);
  CHECK(status_of("/cam/track1", "RTP/AVP;multicast;destination=127.0.0.1") == 461);
  CHECK(status_of("/cam/track1", "RTP/AVP;multicast;destination=" + range().group(2)) == 461);
  CHECK(status_of("/cam/track9", "RTP/AVP;multicast") == 404);
  CHECK(status_of("/cam/track1", "RTP/AVP;multicast;ttl=256") == 400);
  CHECK(status_of("/cam/track1", "RTP/AVP;multicast;ttl=1") == 200);

  RtspClient client(multicasting().host(), multicasting().port());
  const auto next = setup(client, multicasting().url("/lecture.mp4/track1"),
                          "RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=0-1");
  REQUIRE(next.status == 200);
  CHECK_THAT(next.header("Transport"), Catch::StartsWith("RTP/AVP/TCP;unicast;interleaved=0-1"));
  const auto first = setup(client, multicasting().url("/cam/track1"),
                           "RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=2-3");
  REQUIRE(first.status == 200);
  CHECK_THAT(first.header("Transport"), Catch::StartsWith("RTP/AVP;multicast;"));
}

TEST_CASE("who saw a=crypto takes what comes for SRTP: no multicast", "[multicast]") {
  RtspClient client(multicasting().host(), multicasting().port());
  REQUIRE(client.request("DESCRIBE", multicasting().url("/sdes")).body.find("a=crypto") != std::string::npos);
  CHECK(setup(client, multicasting().url("/sdes/track1"), "RTP/AVP/UDP;multicast").status == 461);
}

TEST_CASE("no media in the clear beside RTSPS, by multicast neither", "[multicast]") {
  auto client = RtspClient::over_tls(multicasting().host(), multicasting().rtsps_port());
  CHECK(setup(client, multicasting().rtsps_url("/cam/track1"), "RTP/AVP;multicast").status == 461);
}

TEST_CASE("a server without groups refuses multicast", "[multicast]") {
  ServerProcess without(with_config("paths:\n  cam: " + looped_lecture()));
  RtspClient client(without.host(), without.port());
  CHECK(setup(client, without.url("/cam/track1"), "RTP/AVP;multicast").status == 461);
}

TEST_CASE("one session does not mix multicast and unicast: 459", "[multicast]") {
  RtspClient client(multicasting().host(), multicasting().port());
  const auto first = setup(client, multicasting().url("/cam/track1"), "RTP/AVP;multicast");
  REQUIRE(first.status == 200);
  CHECK(setup(client, multicasting().url("/cam/track2"), "RTP/AVP/TCP;unicast", first.session()).status ==
        459);
  RtspClient other(multicasting().host(), multicasting().port());
  const auto unicast = setup(other, multicasting().url("/cam/track1"), "RTP/AVP/TCP;unicast");
  REQUIRE(unicast.status == 200);
  CHECK(setup(other, multicasting().url("/cam/track2"), "RTP/AVP;multicast", unicast.session()).status ==
        459);
}

TEST_CASE("each packet is sent once, however many play, and as long as one does", "[multicast]") {
  ServerProcess own(with_config(configuration("loops: 2\n")));
  const Listener listener;
  Viewer one(own), two(own);
  CHECK_FALSE(listener.rtp_socket.receive(300ms));  // nobody plays yet

  const auto played = one.request("PLAY");
  REQUIRE(played.status == 200);
  CHECK(played.header("Range") == "npt=now-");
  const auto infos = parse_rtp_info(played.header("RTP-Info"));
  REQUIRE(infos.size() == 2);
  CHECK(infos[0].url == own.url("/cam/track1"));
  const auto begun = listener.packets(30);
  check_no_gap(begun);
  CHECK(is_key_picture(begun, 0));
  CHECK(infos[0].seq == begun[0].seq);
  CHECK(infos[0].rtptime == begun[0].timestamp);
  CHECK(begun[0].ssrc == ssrc_of(one.transports[0]));
  const auto report = listener.report(false);
  CHECK(report.ssrc == begun[0].ssrc);
  CHECK_FALSE(report.cname.empty());

  // Who comes later is told where the stream is, and changes nothing of it.
  const auto late = two.request("PLAY");
  REQUIRE(late.status == 200);
  const auto late_infos = parse_rtp_info(late.header("RTP-Info"));
  REQUIRE(late_infos.size() == 2);
  REQUIRE(late_infos[0].seq);
  const auto both = listener.packets(120);
  check_no_gap(both);  // twice the same would be a gap, too
  CHECK(both[0].seq == static_cast<std::uint16_t>(begun.back().seq + 1));
  const auto named = std::ranges::find(both, *late_infos[0].seq, &RtpPacket::seq);
  REQUIRE(named != both.end());
  CHECK(std::abs(seconds_between(*late_infos[0].rtptime, named->timestamp, 90'000)) < 0.5);

  // The first one pauses, the other still hears all.
  CHECK(one.request("PAUSE").status == 200);
  const auto after = listener.packets(60);
  check_no_gap(after);
  CHECK(after[0].seq == static_cast<std::uint16_t>(both.back().seq + 1));
  CHECK(two.request("TEARDOWN").status == 200);
  CHECK(listener.report(true).ssrc == begun[0].ssrc);
  CHECK(listener.is_silent());

  // And once more from the beginning, as before, by the one that is left.
  listener.drain();
  REQUIRE(one.request("PLAY").status == 200);
  const auto anew = listener.packets(5);
  check_no_gap(anew);
  CHECK(is_key_picture(anew, 0));
  CHECK(anew[0].ssrc == begun[0].ssrc);
  one.client.disconnect();
  CHECK(own.stops_well());
  CHECK(listener.report(true).ssrc == begun[0].ssrc);
}

TEST_CASE("a session of a group lives by reports to it, as over UDP, and ends without", "[multicast]") {
  ServerProcess own(with_config(configuration("session_timeout: 2s\n")));
  const Listener listener;
  Viewer viewer(own);
  REQUIRE(viewer.request("PLAY").status == 200);
  const auto report = receiver_report(0x1234);
  auto next = Clock::now();
  for (const auto begun = next; Clock::now() - begun < 5s;) {
    REQUIRE(listener.rtp_socket.receive(2000ms));
    if (Clock::now() < next) continue;
    next = Clock::now() + 300ms;
    listener.rtcp_socket.send("\x81\xc9");  // cut off: counted, and no sign of life
    listener.rtcp_socket.send(report);
    listener.rtcp_socket.send(receiver_bye(0x1234));
  }
  CHECK(viewer.request("GET_PARAMETER").status == 200);
  CHECK(eventually([&] { return listener.is_silent(); }, 15'000));
  CHECK(viewer.request("GET_PARAMETER").status == 454);
  CHECK(eventually([&] { return count_of(own.log(), "malformed RTCP packets") == 1; }, 5000));
}

TEST_CASE("a group that cannot be sent to: PLAY is refused, and the log says why", "[multicast]") {
  const auto address = Address::of(range().group(1), port);
  const Socket taken(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(taken.fd(), address.raw(), address.size) == 0);  // and lets nobody else
  ServerProcess own(with_config(configuration()));
  Viewer viewer(own);
  CHECK(viewer.request("PLAY").status == 500);
  CHECK_THAT(own.log(), Catch::Contains("cannot send to " + range().group(1) + ":" + std::to_string(port) +
                                        " over lo: Address already in use"));
  CHECK(viewer.request("GET_PARAMETER").status == 200);
}
