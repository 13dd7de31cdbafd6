#include "tests/conformance/play_checks.h"

#include <catch2/catch.hpp>

namespace lectern::test {

void check_no_gap(const Arrived& arrived) {
  REQUIRE_FALSE(arrived.rtp.empty());
  for (std::size_t i = 1; i < arrived.rtp.size(); ++i) {
    const auto& before = arrived.rtp[i - 1];
    const auto& packet = arrived.rtp[i];
    if (packet.seq == static_cast<std::uint16_t>(before.seq + 1) && packet.ssrc == before.ssrc &&
        packet.payload_type == before.payload_type) {
      continue;
    }
    CAPTURE(i, before.seq, packet.seq, before.ssrc, packet.ssrc);
    FAIL_CHECK("packets do not follow each other");
    return;
  }
  SUCCEED();
}

void check_plays_on(Player& player) {
  player.receive(milliseconds(400));
  // A machine that does other things as well is late, which is no loss.
  if (player.arrived(0).frames() < 8 || player.arrived(1).rtp.empty()) player.receive(milliseconds(1500));
  for (std::size_t track = 0; track < 2; ++track) check_no_gap(player.arrived(track));
  CHECK(player.arrived(0).frames() >= 8);
  CHECK(player.control("GET_PARAMETER").status == 200);
}

std::vector<RtpInfo> check_rtp_info(const Player& player, const Answer& answer,
                                    const std::vector<std::size_t>& tracks) {
  auto infos = parse_rtp_info(answer.header("RTP-Info"));
  REQUIRE(infos.size() == tracks.size());
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    CHECK(infos[i].url == player.track_url(tracks[i]));
    REQUIRE(infos[i].seq);
    REQUIRE(infos[i].rtptime);
  }
  return infos;
}

void check_first(const Arrived& arrived, const RtpInfo& info) {
  REQUIRE_FALSE(arrived.rtp.empty());
  REQUIRE((info.seq && info.rtptime));
  CHECK(arrived.rtp[0].seq == *info.seq);
  CHECK(arrived.rtp[0].timestamp == *info.rtptime);
}

std::pair<double, double> npt_range(const Answer& answer) {
  const auto range = parse_range(answer.header("Range"));
  REQUIRE(range.unit == "npt");
  REQUIRE_FALSE(range.start.empty());
  return {std::stod(range.start), range.end.empty() ? -1 : std::stod(range.end)};
}

}  // namespace lectern::test
