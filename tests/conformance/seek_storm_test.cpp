// CONFORMANCE: PLAY, PAUSE, TEARDOWN: many at once.
#include <catch2/catch.hpp>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

// The packet with that number, among those that arrived.
const RtpPacket* find(const Arrived& arrived, std::uint16_t seq) {
  for (const auto& packet : arrived.rtp)
    if (packet.seq == seq) return &packet;
  return nullptr;
}

}  // namespace

TEST_CASE("fifty pipelined seeks and pauses: each answered in order, no gap, no stale packet", "[play]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  Player player(server(), "/lecture.mp4");
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  player.receive(100ms);
  constexpr int seeks = 50;
  int first = 0;
  for (int i = 0; i < seeks; ++i) {
    player.client.send_request(
        "PLAY", player.base(),
        {{"Session", player.session()}, {"Range", "npt=" + std::to_string(i * 7 % 9) + "-"}});
    if (i == 0) first = player.client.last_cseq();
    if (i % 5 == 4) player.client.send_request("PAUSE", player.base(), {{"Session", player.session()}});
  }
  player.client.send_request("PLAY", player.base(), {{"Session", player.session()}, {"Range", "npt=3-"}});
  std::vector<Answer> plays;
  for (int i = 0; i < seeks + seeks / 5 + 1; ++i) {
    auto answer = player.client.answer();
    REQUIRE(answer.status == 200);
    CHECK(answer.header("CSeq") == std::to_string(first + i));
    if (answer.has("RTP-Info")) plays.push_back(std::move(answer));
  }
  REQUIRE(plays.size() == seeks + 1);
  CHECK(npt_range(plays.back()).first == Approx(3).margin(0.001));
  CHECK(player.control("GET_PARAMETER").status == 200);
  player.receive(400ms);
  const auto infos = check_rtp_info(player, plays.back(), {0, 1});
  for (std::size_t track = 0; track < 2; ++track) {
    const auto& arrived = player.arrived(track);
    check_no_gap(arrived);
    const auto* packet = find(arrived, *infos[track].seq);
    REQUIRE(packet);
    CHECK(packet->timestamp == *infos[track].rtptime);
  }
  // RTP time never falls from one play to the next.
  for (std::size_t i = 1; i < plays.size(); ++i) {
    const auto before = parse_rtp_info(plays[i - 1].header("RTP-Info"));
    const auto after = parse_rtp_info(plays[i].header("RTP-Info"));
    REQUIRE(before.size() == 2);
    REQUIRE(after.size() == 2);
    CHECK(static_cast<std::int32_t>(*after[0].rtptime - *before[0].rtptime) >= 0);
  }
  CHECK(player.teardown().status == 200);
}

TEST_CASE("TEARDOWN of one track while playing over TCP: the other has no gap, the channels are free",
          "[teardown]") {
  Player player(server(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  player.receive(200ms);
  const Headers session{{"Session", player.session()}};
  CHECK(player.client.request("TEARDOWN", player.track_url(1), session).status == 200);
  CHECK(player.control("GET_PARAMETER").status == 200);
  const auto left = player.arrived(1).rtp.size();
  CHECK(player.arrived(1).bye());
  player.receive(300ms);
  CHECK(player.arrived(1).rtp.size() == left);
  check_no_gap(player.arrived(0));
  CHECK(player.arrived(0).frames() >= 8);
  CHECK(player.pause().status == 200);
  CHECK(parameter(player.setup(1, Over::tcp).header("Transport"), "interleaved") == "2-3");
  player.forget_arrived();
  REQUIRE(player.play().status == 200);
  player.receive(300ms);
  for (std::size_t track = 0; track < 2; ++track) check_no_gap(player.arrived(track));
}
