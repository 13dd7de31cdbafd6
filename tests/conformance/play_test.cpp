// CONFORMANCE: PLAY, PAUSE, TEARDOWN: states, and what the packets are.
#include <sys/socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <thread>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"

using namespace lectern::test;
using namespace std::string_literals;

namespace {

constexpr auto unknown_session = "0123456789abcdef0123456789abcdef";

std::uint16_t last_seq(Player& player, std::size_t track) {
  return player.arrived(track).rtp.back().seq;
}

/// When something came and when it is shown, by the sender report before it; Unix seconds.
struct Shown {
  double arrived, shown;
};

/// What comes on a track for that time, and what waits already, by the kernel's clock of arrival.
std::vector<Shown> arrivals(Player& player, std::size_t track, milliseconds time) {
  const int on = 1;
  for (std::size_t each = 0; each < 2; ++each)
    REQUIRE(::setsockopt(player.udp(each).rtp_fd(), SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on) == 0);
  std::this_thread::sleep_for(time);
  const auto rtcp = player.udp(track).rtcp();
  REQUIRE(rtcp);
  const auto report = parse_rtcp(rtcp->data)->report;
  REQUIRE(report);
  std::vector<Shown> all;
  while (true) {
    char data[2048], control[256];
    iovec part{data, sizeof data};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const auto size = ::recvmsg(player.udp(track).rtp_fd(), &message, MSG_DONTWAIT);
    if (size < 0) return all;
    const auto packet = parse_rtp({data, static_cast<std::size_t>(size)});
    REQUIRE(packet);
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_TIMESTAMP || !packet->marker) continue;
    timeval at{};
    std::memcpy(&at, CMSG_DATA(header), sizeof at);
    const auto ticks = static_cast<std::int32_t>(packet->timestamp - report->rtp_time);
    all.push_back(
        {static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_usec) / 1e6,
         unix_seconds(report->ntp) + static_cast<double>(ticks) / player.sdp().media[track].clock_rate()});
  }
}

/// How long before it is shown each came, in ms: of those in the middle, in the order of showing.
double median_lead(const std::vector<Shown>& all) {
  REQUIRE(all.size() > 20);
  std::vector<double> shown, lead;
  for (const Shown& each : all) shown.push_back(each.shown);
  std::ranges::sort(shown);
  for (std::size_t i = 0; i < all.size(); ++i) lead.push_back((shown[i] - all[i].arrived) * 1e3);
  std::ranges::sort(lead);
  return lead[lead.size() / 2];
}

}  // namespace

TEST_CASE("PLAY, PAUSE, TEARDOWN without Session, or unknown: 454", "[play]") {
  Player player(server(), "/lecture.mp4");
  for (const auto* method : {"PLAY", "PAUSE", "TEARDOWN"}) {
    CHECK(player.client.request(method, player.base(), {{"Session", unknown_session}}).status == 454);
  }
  player.setup_all(Over::tcp);
  for (const auto* method : {"PLAY", "PAUSE", "TEARDOWN"}) {
    CHECK(player.client.request(method, player.base()).status == 454);
  }
  CHECK(player.play().status == 200);
}

TEST_CASE("PLAY before SETUP: 454 for want of a session", "[play]") {
  Player player(server(), "/lecture.mp4");
  CHECK(player.client.request("PLAY", player.base()).status == 454);
}

TEST_CASE("PLAY and PAUSE on one track of an aggregate: 460", "[play]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  const Headers session{{"Session", player.session()}};
  CHECK(player.client.request("PLAY", player.track_url(0), session).status == 460);
  CHECK(player.client.request("PLAY", player.track_url(1), session).status == 460);
  REQUIRE(player.play().status == 200);
  CHECK(player.client.request("PAUSE", player.track_url(0), session).status == 460);
}

TEST_CASE("a session of one track plays by the URL of that track, and by no other's", "[play]") {
  Player player(server(), "/lecture.mp4");
  player.setup(1, Over::tcp);
  const Headers session{{"Session", player.session()}};
  CHECK(player.client.request("PLAY", player.track_url(0), session).status == 460);
  CHECK(player.client.request("PLAY", player.track_url(1), session).status == 200);
}

TEST_CASE("PLAY naming another presentation than the session's is refused", "[play]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  const auto status =
      player.client.request("PLAY", server().url("/short.mp4/"), {{"Session", player.session()}}).status;
  CHECK(status >= 400);
  CHECK(player.play().status == 200);
}

TEST_CASE("the aggregate URL without the slash is the same", "[play]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  CHECK(player.client.request("PLAY", server().url("/lecture.mp4"), {{"Session", player.session()}}).status ==
        200);
}

TEST_CASE("the 200 goes out before the first media byte (TCP)", "[play]") {
  for (int i = 0; i < 5; ++i) {
    Player player(server(), "/lecture.mp4");
    player.setup_all(Over::tcp);
    player.client.send_request("PLAY", player.base(), {{"Session", player.session()}});
    const auto answer = player.client.answer();
    CHECK(answer.status == 200);
    CHECK(answer.session() == player.session());
    CHECK(player.client.passed().empty());
  }
}

TEST_CASE("RTP-Info names url, seq, rtptime for each track; the first packet is that one", "[play]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  CAPTURE(over == Over::udp);
  Player player(server(), "/lecture.mp4");
  player.setup_all(over);
  const auto answer = player.play();
  REQUIRE(answer.status == 200);
  const auto infos = check_rtp_info(player, answer, {0, 1});
  player.receive(milliseconds(300));
  for (std::size_t track = 0; track < 2; ++track) {
    check_first(player.arrived(track), infos[track]);
    check_no_gap(player.arrived(track));
    const auto& packet = player.arrived(track).rtp[0];
    CHECK(packet.payload_type == player.sdp().media[track].payload_type());
    const auto ssrc = parameter(player.transport(track), "ssrc");
    if (over == Over::udp || !ssrc.empty()) CHECK(packet.ssrc == std::stoul(ssrc, nullptr, 16));
  }
  CHECK(player.arrived(0).rtp[0].ssrc != player.arrived(1).rtp[0].ssrc);
}

TEST_CASE("RTP-Info is in the order of set-up and names no other track", "[play]") {
  Player both(server(), "/lecture.mp4");
  both.setup(1, Over::tcp);
  both.setup(0, Over::tcp);
  check_rtp_info(both, both.play(), {1, 0});

  Player one(server(), "/lecture.mp4");
  one.setup(1, Over::tcp);
  const auto infos = check_rtp_info(one, one.play(), {1});
  one.receive(milliseconds(200));
  check_first(one.arrived(1), infos[0]);
}

TEST_CASE("two sessions have their own ssrc, sequence and time offsets", "[play]") {
  Player one(server(), "/lecture.mp4"), two(server(), "/lecture.mp4");
  one.setup(0, Over::tcp);
  two.setup(0, Over::tcp);
  const auto first = check_rtp_info(one, one.play(), {0});
  const auto second = check_rtp_info(two, two.play(), {0});
  CHECK((first[0].seq != second[0].seq && first[0].rtptime != second[0].rtptime));
}

TEST_CASE("PLAY PLAY PAUSE PAUSE PLAY: all 200", "[play]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  Player player(server(), "/lecture.mp4");
  player.setup_all(over);
  for (const auto* method : {"PLAY", "PLAY", "PAUSE", "PAUSE", "PLAY"}) {
    const auto answer = player.control(method);
    CHECK(answer.status == 200);
    CHECK(answer.session() == player.session());
  }
  player.receive(milliseconds(300));
  check_no_gap(player.arrived(0));
  check_no_gap(player.arrived(1));
}

TEST_CASE("PAUSE before PLAY: 200, and PLAY still works", "[play]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  CHECK(player.pause().status == 200);
  CHECK(player.play().status == 200);
}

TEST_CASE("after the 200 to PAUSE no media comes", "[play]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  Player player(server(), "/lecture.mp4");
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  player.receive(milliseconds(300));
  REQUIRE(player.pause().status == 200);
  player.forget_arrived();
  player.receive(milliseconds(400));
  CHECK(player.arrived(0).rtp.empty());
  CHECK(player.arrived(1).rtp.empty());
}

TEST_CASE("PAUSE then PLAY without Range goes on where it stopped", "[play]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  REQUIRE(player.play({{"Range", "npt=3-"}}).status == 200);
  player.receive(milliseconds(1500));
  REQUIRE(player.pause().status == 200);
  const double position = 3 + static_cast<double>(player.arrived(0).frames()) / 25;
  const auto answer = player.play();
  REQUIRE(answer.status == 200);
  // At the earliest at the random access point before, which is a second away at most.
  CHECK(npt_range(answer).first > position - 1.2);
  CHECK(npt_range(answer).first < position + 0.3);
}

TEST_CASE("seq has no gap over pause and seek; each RTP-Info names the packet that comes next", "[play]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  auto previous = check_rtp_info(player, player.play(), {0, 1});
  for (const auto* range : {"npt=5-", "npt=1-", "", "npt=8-"}) {
    CAPTURE(range);
    player.receive(milliseconds(300));
    if (*range == 0) REQUIRE(player.pause().status == 200);
    const auto answer = *range == 0 ? player.play() : player.play({{"Range", range}});
    REQUIRE(answer.status == 200);
    const auto infos = check_rtp_info(player, answer, {0, 1});
    for (std::size_t track = 0; track < 2; ++track) {
      check_first(player.arrived(track), previous[track]);
      check_no_gap(player.arrived(track));
      CHECK(*infos[track].seq == static_cast<std::uint16_t>(last_seq(player, track) + 1));
    }
    previous = infos;
    player.forget_arrived();
  }
}

TEST_CASE("no packet from before a seek is sent after its 200 (TCP)", "[play]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  for (const auto* range : {"npt=7-", "npt=2-", "npt=5-"}) {
    CAPTURE(range);
    player.receive(milliseconds(120));
    const auto answer = player.play({{"Range", range}});
    const auto infos = check_rtp_info(player, answer, {0, 1});
    player.forget_arrived();
    player.receive(milliseconds(250));
    for (std::size_t track = 0; track < 2; ++track) check_first(player.arrived(track), infos[track]);
    // A picture begins with parameter sets or a random access point.
    const auto types = h264_types(player.arrived(0).rtp[0].payload);
    CHECK(std::ranges::any_of(types,
                              [](int type) { return type == 5 || type == 6 || type == 7 || type == 9; }));
  }
}

TEST_CASE("over UDP too, seq has no gap over a seek and the named packet has the named time", "[play]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::udp);
  REQUIRE(player.play().status == 200);
  player.receive(milliseconds(300));
  const auto infos = check_rtp_info(player, player.play({{"Range", "npt=6-"}}), {0, 1});
  player.receive(milliseconds(300));
  for (std::size_t track = 0; track < 2; ++track) {
    const auto& rtp = player.arrived(track).rtp;
    check_no_gap(player.arrived(track));
    const auto named = std::ranges::find(rtp, *infos[track].seq, &RtpPacket::seq);
    REQUIRE(named != rtp.end());
    CHECK(named->timestamp == *infos[track].rtptime);
  }
}

TEST_CASE("the marker ends each picture", "[play]") {
  Player player(server(), "/lecture.mp4");
  player.setup(0, Over::udp);
  REQUIRE(player.play().status == 200);
  player.receive(milliseconds(600));
  const auto& rtp = player.arrived(0).rtp;
  REQUIRE(rtp.size() > 10);
  std::size_t wrong = 0;
  for (std::size_t i = 1; i < rtp.size(); ++i)
    wrong += (rtp[i].timestamp != rtp[i - 1].timestamp) != rtp[i - 1].marker;
  CHECK(wrong == 0);
}

TEST_CASE("media comes at its pace", "[play]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  Player player(server(), "/lecture.mp4");
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  player.receive(milliseconds(1000));
  CHECK(player.arrived(0).frames() >= 20);
  CHECK(player.arrived(0).frames() <= 40);
  // 1024 samples at 48 kHz a packet or more.
  const auto& audio = player.arrived(1).rtp;
  REQUIRE(audio.size() > 5);
  CHECK(audio.back().timestamp - audio.front().timestamp > 48000 * 7 / 10);
  CHECK(audio.back().timestamp - audio.front().timestamp < 48000 * 16 / 10);
}

TEST_CASE("sound and picture arrive in step", "[play]") {
  double apart = 1e9;
  // A busy machine delays some attempts, an error all of them.
  for (int attempt = 0; attempt < 3 && apart > 50; ++attempt) {
    Player player(server(), "/lecture.mp4");
    player.setup_all(Over::udp);
    REQUIRE(player.play({{"Range", "npt=2-"}}).status == 200);
    const auto picture = median_lead(arrivals(player, 0, milliseconds(1500)));
    const auto sound = median_lead(arrivals(player, 1, milliseconds(0)));
    // Two pictures are reordered: each is decoded, and sent, so long before it is shown.
    const double reordering = 2 * 40;
    CAPTURE(picture, sound);
    apart = std::abs(picture - reordering - sound);
  }
  CHECK(apart <= 50);
}

TEST_CASE("sound alone, and two languages at once", "[play]") {
  Player talk(server(), "/talk.mp3");
  talk.setup_all(Over::tcp);
  REQUIRE(talk.play().status == 200);
  Player languages(server(), "/languages.mp4");
  languages.setup_all(Over::udp);
  REQUIRE(languages.play().status == 200);
  languages.receive(milliseconds(400));
  for (std::size_t track = 0; track < 3; ++track) check_no_gap(languages.arrived(track));
  talk.receive(milliseconds(100));
  check_no_gap(talk.arrived(0));
}

TEST_CASE("no datagram is larger than an Ethernet frame takes", "[play]") {
  Player player(server(), "/lecture.mp4");
  player.setup(0, Over::udp);
  REQUIRE(player.play({{"Scale", "2"}}).status == 200);
  player.receive(milliseconds(600));
  REQUIRE(player.arrived(0).rtp.size() > 20);
  for (const auto& packet : player.arrived(0).rtp) REQUIRE(packet.payload.size() + 12 <= 1472);
}
