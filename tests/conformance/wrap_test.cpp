// CONFORMANCE: seq has no gap over pause and seek; the RTP time of the first packet is the one RTP-Info
// named; SR maps RTP time to wall clock: also where both wrap, and SRTP's rollover counter with them.
#include <catch2/catch.hpp>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"
#include "tests/conformance/srtp_player.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t first_sequence = 65526;
/// 0.11 s of the pictures, 0.21 s of the sound.
constexpr std::uint32_t first_timestamp = 4294957296;

ServerProcess& wrapping() {
  const auto root = SampleMedia::get().root().string();
  static ServerProcess process(with_config(
      "first_sequence: " + std::to_string(first_sequence) +
      "\nfirst_timestamp: " + std::to_string(first_timestamp) + "\npaths:\n  cm: { source: \"" + root +
      "\", srtp: required }\n  gcm: { source: \"" + root +
      "\", srtp: required, srtp_suite: AEAD_AES_128_GCM }\n  shared: { source: \"" + root +
      "/lecture.mp4\", loop: yes, on_demand: yes, close_after: 1s, srtp: required, key_scope: stream }\n"));
  return process;
}

/// All numbers in a row, across the wrap, and times that never leap.
void check_wraps(const std::vector<RtpPacket>& packets) {
  REQUIRE(packets.size() > 20);
  CHECK(packets.front().seq == first_sequence);
  bool wrapped = false;
  for (std::size_t i = 1; i < packets.size(); ++i) {
    CAPTURE(i);
    REQUIRE(packets[i].seq == static_cast<std::uint16_t>(packets[i - 1].seq + 1));
    const auto step = static_cast<std::int32_t>(packets[i].timestamp - packets[i - 1].timestamp);
    REQUIRE(std::abs(step) < 90'000);
    wrapped |= packets[i].timestamp < 1'000'000;
  }
  CHECK(packets.back().seq < 0x8000);
  CHECK(wrapped);
}

/// What a server sends whose streams begin at random.
const std::vector<RtpPacket>& plain_packets(std::size_t track) {
  static std::vector<RtpPacket> packets[2];
  if (!packets[track].empty()) return packets[track];
  Player player(server(), "/lecture.mp4");
  player.setup(track, Over::tcp);
  REQUIRE(player.play({{"Speed", "4"}}).status == 200);
  for (int i = 0; i < 8 && player.arrived(track).rtp.size() <= 40; ++i) player.receive(800ms);
  return packets[track] = player.arrived(track).rtp;
}

/// Payloads and distances in time are the same.
void check_equal(const std::vector<RtpPacket>& packets, std::size_t track) {
  const auto& plain = plain_packets(track);
  const std::size_t count = std::min(packets.size(), plain.size());
  REQUIRE(count > 20);
  for (std::size_t i = 0; i < count; ++i) {
    CAPTURE(i);
    REQUIRE(packets[i].payload == plain[i].payload);
    REQUIRE(packets[i].timestamp - packets[0].timestamp == plain[i].timestamp - plain[0].timestamp);
  }
}

}  // namespace

TEST_CASE("first_sequence and first_timestamp: streams begin there, and go on behind the wrap", "[wrap]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  Player player(wrapping(), "/lecture.mp4");
  player.setup_all(over);
  const auto play = player.play();
  REQUIRE(play.status == 200);
  const auto infos = check_rtp_info(player, play, {0, 1});
  for (int i = 0;
       i < 8 && (i == 0 || player.arrived(0).rtp.size() <= 20 || player.arrived(1).rtp.size() <= 20); ++i)
    player.receive(1200ms);
  for (std::size_t track = 0; track < 2; ++track) {
    CAPTURE(track);
    CHECK(infos[track].seq == first_sequence);
    // The sound may begin a frame before the pictures.
    CHECK(std::abs(static_cast<std::int32_t>(*infos[track].rtptime - first_timestamp)) < 4'800);
    check_first(player.arrived(track), infos[track]);
    check_wraps(player.arrived(track).rtp);
    check_equal(player.arrived(track).rtp, track);
  }
  // Behind the wrap a seek and a pause go on with the numbers as ever.
  player.forget_arrived();
  REQUIRE(player.pause().status == 200);
  player.receive(100ms);
  const auto again = player.play({{"Range", "npt=4-"}});
  REQUIRE(again.status == 200);
  player.receive(500ms);
  for (std::size_t track = 0; track < 2; ++track) check_no_gap(player.arrived(track));
  const auto infos_again = check_rtp_info(player, again, {0, 1});
  for (const auto& info : infos_again) {
    CHECK(*info.seq < 0x8000);
    CHECK(*info.rtptime < 10'000'000);
  }
}

TEST_CASE("sender reports map RTP time to the wall clock across the wrap", "[wrap]") {
  Player player(wrapping(), "/lecture.mp4");
  player.setup_all(Over::tcp);
  REQUIRE(player.play({{"Speed", "8"}}).status == 200);
  player.receive(9000ms, true);
  const auto& reports = player.arrived(0).rtcp;
  REQUIRE(reports.size() >= 2);
  REQUIRE(reports.front().report);
  REQUIRE(reports.back().report);
  const auto &first = *reports.front().report, &last = *reports.back().report;
  CHECK(first.rtp_time >= first_timestamp);
  CHECK(last.rtp_time < first_timestamp);
  const double seconds = unix_seconds(last.ntp) - unix_seconds(first.ntp);
  const double media = static_cast<double>(last.rtp_time - first.rtp_time) / 90'000;
  CHECK(media == Approx(8 * seconds).margin(0.2));
}

TEST_CASE("SRTP goes on where the sequence numbers wrap, with the rollover counter one more",
          "[wrap][srtp]") {
  const auto path = GENERATE("/cm/lecture.mp4"s, "/gcm/lecture.mp4"s);
  const auto style = GENERATE(KeyStyle::gstreamer, KeyStyle::mediamtx, KeyStyle::live555);
  const auto over = GENERATE(Over::tcp, Over::udp);
  CAPTURE(path, static_cast<int>(style), over == Over::udp);
  SrtpPlayer player(wrapping(), path, style);
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  // On a busy machine it may take a moment.
  for (int i = 0; i < 8 && (i == 0 || player.track(0).rtp.size() <= 20 || player.track(1).rtp.size() <= 20);
       ++i)
    player.receive(1100ms);
  for (std::size_t track = 0; track < 2; ++track) {
    CHECK(player.track(track).refused == 0);
    check_wraps(player.track(track).rtp);
  }
  check_equal(player.track(0).rtp, 0);
}

TEST_CASE("who joins a shared stream behind the wrap is told the rollover counter", "[wrap][srtp]") {
  // As a player that takes the counter from MIKEY, as RFC 4567 section 3 has it.
  const auto play = [](SrtpPlayer& player, Over over) {
    player.setup_all(over);
    for (std::size_t i = 0; i < 2; ++i) {
      auto& track = player.track(i);
      REQUIRE(track.offered);
      REQUIRE(track.offered->streams.size() == 1);
      REQUIRE(track.inbound->add_stream(track.offered->streams[0].ssrc, track.offered->streams[0].roc));
    }
    REQUIRE(player.play().status == 200);
  };
  SrtpPlayer first(wrapping(), "/shared", KeyStyle::gstreamer);
  play(first, Over::tcp);
  first.receive(1500ms);
  SrtpPlayer late(wrapping(), "/shared", KeyStyle::gstreamer);
  play(late, Over::udp);
  CHECK(late.track(0).offered->streams[0].roc == 1);
  late.receive(800ms);
  first.receive(300ms);
  for (auto* player : {&first, &late}) {
    const auto& packets = player->track(0).rtp;
    CHECK(player->track(0).refused == 0);
    REQUIRE(packets.size() > 10);
    for (std::size_t i = 1; i < packets.size(); ++i)
      REQUIRE(packets[i].seq == static_cast<std::uint16_t>(packets[i - 1].seq + 1));
  }
}
