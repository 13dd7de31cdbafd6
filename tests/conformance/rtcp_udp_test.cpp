// CONFORMANCE: RTCP and UDP.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

Player playing(Over over) {
  Player player(server(), "/lecture.mp4");
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  return player;
}

void check_unharmed(Player& player) {
  player.receive(100ms);
  player.forget_arrived();
  player.receive(400ms);
  for (std::size_t track = 0; track < 2; ++track) check_no_gap(player.arrived(track));
  CHECK(player.control("GET_PARAMETER").status == 200);
  CHECK(server_is_well());
}

// What no receiver sends: short, truncated, oversize, foreign.
std::vector<std::string> odd_rtcp() {
  const auto report = receiver_report(7);
  std::vector<std::string> all{"",
                               "\x80",
                               "\x80\xc9",
                               "\x80\xc9\x00"s,
                               "\x80\xc9\x00\x01"s,
                               "\x80\xc9\xff\xff\x01\x02\x03\x04",
                               "\x9f\xc9\x00\x01\x01\x02\x03\x04"s,
                               "\x81\xca\x00\x01\x00\x00\x00\x01"s,
                               "\x40\xc9\x00\x01\x01\x02\x03\x04"s,
                               "\xa0\xc9\x00\x01\x00\x00\x00\xff"s,
                               "\xa0\xc9\x00\x01\x00\x00\x00\x00"s,
                               "\x81\xcb\x00\x00"s,
                               "\x9f\xcb\x00\x01\x00\x00\x00\x01"s,
                               report + "\x81\xcb\x00\x02\x00\x00\x00\x07\xff\x61\x62\x63"s,
                               report + "\x81\xca\x00\x02\x00\x00\x00\x07\x01\xff\x61\x62"s,
                               report + "\x80\xcc\xff\xff"s,
                               std::string(1, '\0'),
                               std::string(60'000, '\xc9'),
                               "GET / HTTP/1.1\r\n\r\n"};
  for (std::size_t size = 1; size < report.size(); ++size) all.push_back(report.substr(0, size));
  std::mt19937 random(3550);
  for (int i = 0; i < 200; ++i) {
    auto bytes = report;
    for (int flips = 0; flips < 4; ++flips) bytes[random() % bytes.size()] = static_cast<char>(random());
    all.push_back(bytes);
  }
  return all;
}

}  // namespace

TEST_CASE("an SR with SDES CNAME comes for each track right when play starts", "[rtcp]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  CAPTURE(over == Over::udp);
  auto player = playing(over);
  player.receive(500ms);
  std::string cname;
  for (std::size_t track = 0; track < 2; ++track) {
    const auto& arrived = player.arrived(track);
    REQUIRE_FALSE(arrived.rtcp.empty());
    REQUIRE_FALSE(arrived.rtp.empty());
    const auto& first = arrived.rtcp[0];
    REQUIRE(first.report);
    CHECK(first.ssrc == arrived.rtp[0].ssrc);
    CHECK_FALSE(first.cname.empty());
    CHECK((track == 0 || first.cname == cname));
    CHECK_FALSE(first.bye);
    CHECK(unix_seconds(first.report->ntp) == Approx(arrived.rtcp_at[0]).margin(0.5));
    cname = first.cname;
  }
}

TEST_CASE("SRs come by RFC 3550 intervals, map RTP time to wall clock the same each time, and count",
          "[rtcp]") {
  auto player = playing(Over::udp);
  player.receive(7000ms);
  double heard_first[2] = {};
  for (std::size_t track = 0; track < 2; ++track) {
    CAPTURE(track);
    const auto& arrived = player.arrived(track);
    const auto rate = player.sdp().media[track].clock_rate();
    CHECK(arrived.rtcp.size() >= 2);
    CHECK(arrived.rtcp.size() <= 9);
    REQUIRE_FALSE(arrived.rtcp.empty());
    REQUIRE(arrived.rtcp[0].report);
    const auto& first = *arrived.rtcp[0].report;
    for (std::size_t i = 0; i < arrived.rtcp.size(); ++i) {
      const auto& packet = arrived.rtcp[i];
      REQUIRE(packet.report);
      CHECK_FALSE(packet.cname.empty());
      CHECK(packet.ssrc == arrived.rtp[0].ssrc);
      CHECK(unix_seconds(packet.report->ntp) == Approx(arrived.rtcp_at[i]).margin(0.5));
      const auto seconds = static_cast<double>(packet.report->ntp - first.ntp) / 4294967296.0;
      const auto ticks = static_cast<double>(packet.report->rtp_time - first.rtp_time);
      CHECK(std::abs(seconds * rate - ticks) <= 1.0);
      CHECK(packet.report->packets <= arrived.rtp.size());
      CHECK(packet.report->packets >= (i == 0 ? first.packets : arrived.rtcp[i - 1].report->packets));
    }
    CHECK(arrived.rtcp.back().report->packets > 0);
    std::uint32_t octets = 0;
    for (std::size_t i = 0; i < arrived.rtcp.back().report->packets && i < arrived.rtp.size(); ++i) {
      octets += static_cast<std::uint32_t>(arrived.rtp[i].payload.size());
    }
    CHECK(arrived.rtcp.back().report->octets == octets);
    const auto back = static_cast<std::int32_t>(first.rtp_time - arrived.rtp[0].timestamp);
    heard_first[track] = unix_seconds(first.ntp) - static_cast<double>(back) / rate;
  }
  // Both tracks begin at the same time of the file.
  CHECK(heard_first[0] == Approx(heard_first[1]).margin(0.12));
}

TEST_CASE("the mapping of a SR after a seek fits the packets after it", "[rtcp]") {
  auto player = playing(Over::tcp);
  player.receive(200ms);
  REQUIRE(player.play({{"Range", "npt=5-"}}).status == 200);
  player.forget_arrived();
  player.receive(500ms);
  for (std::size_t track = 0; track < 2; ++track) {
    const auto& arrived = player.arrived(track);
    REQUIRE_FALSE(arrived.rtcp.empty());
    REQUIRE(arrived.rtcp[0].report);
    const auto ticks = static_cast<std::int32_t>(arrived.rtcp[0].report->rtp_time - arrived.rtp[0].timestamp);
    CHECK(std::abs(ticks) < player.sdp().media[track].clock_rate());
  }
}

TEST_CASE("datagrams come from the ports that were answered", "[udp]") {
  auto player = playing(Over::udp);
  for (std::size_t track = 0; track < 2; ++track) {
    const auto rtp = player.udp(track).rtp();
    const auto rtcp = player.udp(track).rtcp();
    REQUIRE(rtp);
    REQUIRE(rtcp);
    CHECK(rtp->from.port() == player.server_rtcp_port(track) - 1);
    CHECK(rtcp->from.port() == player.server_rtcp_port(track));
  }
}

TEST_CASE("a short, truncated, oversize or foreign RTCP packet: dropped", "[rtcp]") {
  auto player = playing(Over::udp);
  for (const auto& bytes : odd_rtcp()) {
    player.udp(0).send_rtcp(player.server_rtcp_port(0), bytes);
    player.udp(0).send_rtp(static_cast<std::uint16_t>(player.server_rtcp_port(0) - 1), bytes);
  }
  check_unharmed(player);
}

TEST_CASE("the same over TCP: dropped", "[rtcp]") {
  auto player = playing(Over::tcp);
  for (const auto& bytes : odd_rtcp()) {
    const auto size = bytes.size();
    player.client.send("$\x01"s + static_cast<char>(size >> 8) + static_cast<char>(size) + bytes);
  }
  check_unharmed(player);
}

TEST_CASE("RTCP from another address or port: dropped", "[rtcp]") {
  auto player = playing(Over::udp);
  player.receive(200ms);
  const auto ssrc = player.arrived(0).rtp[0].ssrc;
  UdpPair stranger;
  for (int i = 0; i < 20; ++i) {
    stranger.send_rtcp(player.server_rtcp_port(0), receiver_bye(ssrc));
    stranger.send_rtcp(player.server_rtcp_port(0), receiver_report(ssrc));
  }
  check_unharmed(player);
  CHECK_FALSE(stranger.rtp(milliseconds(0)));
  CHECK_FALSE(stranger.rtcp(milliseconds(0)));
}

TEST_CASE("BYE from a receiver ends nothing but statistics", "[rtcp]") {
  SECTION("UDP") {
    auto player = playing(Over::udp);
    player.udp(0).send_rtcp(player.server_rtcp_port(0), receiver_bye(0x01020304));
    player.udp(1).send_rtcp(player.server_rtcp_port(1), receiver_bye(0x01020304));
    check_unharmed(player);
  }
  SECTION("TCP") {
    auto player = playing(Over::tcp);
    const auto bye = receiver_bye(0x01020304);
    player.client.send("$\x01\x00"s + static_cast<char>(bye.size()) + bye);
    check_unharmed(player);
  }
}

TEST_CASE("a player that has gone without a word (closed ports): others are unharmed", "[udp]") {
  auto player = playing(Over::udp);
  {
    auto gone = playing(Over::udp);
    gone.client.disconnect();
  }
  check_unharmed(player);
}
