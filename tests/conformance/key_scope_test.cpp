// key_scope: stream: SRTP of live media is made once, and all viewers share key, ssrc and sequence numbers.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "tests/conformance/default_server.h"
#include "tests/conformance/srtp_player.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

ServerProcess& shared_live() {
  const std::string file = (SampleMedia::get().root() / "lecture.mp4").string();
  static ServerProcess process(
      with_config("paths:\n"
                  "  live: { source: " +
                  file +
                  ", loop: yes, srtp: required, key_scope: stream }\n"
                  "  gcm: { source: " +
                  file +
                  ", loop: yes, srtp: optional, srtp_suite: AEAD_AES_128_GCM, key_scope: stream }\n"
                  "  own: { source: " +
                  file +
                  ", loop: yes, srtp: required }\n"
                  "  sdes: { source: " +
                  file + ", loop: yes, srtp: sdes, allow_clear_keys: yes, key_scope: stream }\n"));
  return process;
}

/// The packets of `track` by their sequence numbers, as they came.
std::map<std::uint16_t, std::string> by_sequence(const SrtpPlayer::Track& track) {
  std::map<std::uint16_t, std::string> packets;
  for (const std::string& raw : track.raw)
    packets[static_cast<std::uint16_t>(static_cast<std::uint8_t>(raw[2]) << 8 |
                                       static_cast<std::uint8_t>(raw[3]))] = raw;
  return packets;
}

void check_no_gap(const SrtpPlayer::Track& track) {
  REQUIRE(track.rtp.size() > 5);
  for (std::size_t i = 1; i < track.rtp.size(); ++i) {
    CAPTURE(i);
    REQUIRE(track.rtp[i].seq == static_cast<std::uint16_t>(track.rtp[i - 1].seq + 1));
  }
}

}  // namespace

TEST_CASE("viewers of a shared stream get the very same packets, and decrypt them", "[srtp][live]") {
  const auto path = GENERATE("/live"s, "/sdes"s);
  CAPTURE(path);
  SrtpPlayer udp(shared_live(), path, KeyStyle::gstreamer);
  SrtpPlayer tcp(shared_live(), path, KeyStyle::mediamtx);
  udp.setup_all(Over::udp);
  tcp.setup_all(Over::tcp);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(udp.track(i).answered->key == tcp.track(i).answered->key);
    CHECK(udp.track(i).answered->streams[0].ssrc == tcp.track(i).answered->streams[0].ssrc);
    CHECK(udp.track(i).offered->key == udp.track(i).answered->key);
  }
  const Answer played = udp.play();
  REQUIRE(played.status == 200);
  REQUIRE(tcp.play().status == 200);
  CHECK(played.header("Range") == "npt=now-");
  udp.receive(300ms);
  tcp.receive(500ms);
  udp.receive(300ms);
  const auto infos = parse_rtp_info(played.header("RTP-Info"));
  REQUIRE(infos.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CAPTURE(i);
    for (const auto* track : {&udp.track(i), &tcp.track(i)}) {
      CHECK(track->refused == 0);
      check_no_gap(*track);
      REQUIRE_FALSE(track->rtcp.empty());
      REQUIRE(track->rtcp[0].report);
      CHECK(track->rtcp[0].ssrc == track->answered->streams[0].ssrc);
    }
    // Sound may not have come yet, and is then not named.
    CHECK((infos[i].seq || i > 0));
    REQUIRE(infos[i].rtptime);
    if (infos[i].seq) {
      CHECK(*infos[i].seq == udp.track(i).rtp[0].seq);
      CHECK(*infos[i].rtptime == udp.track(i).rtp[0].timestamp);
    }
    const auto of_udp = by_sequence(udp.track(i));
    std::size_t common = 0;
    for (const auto& [sequence, raw] : by_sequence(tcp.track(i))) {
      const auto found = of_udp.find(sequence);
      if (found == of_udp.end()) continue;
      ++common;
      REQUIRE(found->second == raw);
    }
    CHECK(common > 5);
  }
}

TEST_CASE("the sender reports of a shared stream are made once for all", "[srtp][live]") {
  SrtpPlayer one(shared_live(), "/live", KeyStyle::gstreamer);
  SrtpPlayer two(shared_live(), "/live", KeyStyle::gstreamer);
  one.setup_all(Over::tcp);
  two.setup_all(Over::tcp);
  REQUIRE(one.play().status == 200);
  REQUIRE(two.play().status == 200);
  one.receive(400ms);
  two.receive(400ms);
  REQUIRE_FALSE(one.track(0).rtcp.empty());
  REQUIRE_FALSE(two.track(0).rtcp.empty());
  const auto same = [&](const RtcpPacket& report) {
    return std::ranges::any_of(two.track(0).rtcp, [&](const RtcpPacket& other) {
      return other.report && report.report && other.report->ntp == report.report->ntp &&
             other.report->packets == report.report->packets && other.cname == report.cname;
    });
  };
  CHECK(std::ranges::any_of(one.track(0).rtcp, same));
}

TEST_CASE("who manages its keys has a stream of its own beside the shared one", "[srtp][live]") {
  SrtpPlayer shared(shared_live(), "/live", KeyStyle::gstreamer);
  SrtpPlayer own(shared_live(), "/live", KeyStyle::live555);
  shared.setup_all(Over::tcp);
  own.setup_all(Over::tcp);
  CHECK(own.track(0).answered->key == own.track(0).own->key);
  CHECK(own.track(0).answered->streams[0].ssrc != shared.track(0).answered->streams[0].ssrc);
  REQUIRE(own.play().status == 200);
  own.receive(500ms);
  CHECK(own.track(0).refused == 0);
  check_no_gap(own.track(0));
  // The others' key cannot be changed by one of them.
  const auto refused =
      shared.control("SET_PARAMETER", {{"KeyMgmt", [&] {
                                          SrtpPlayer stranger(shared_live(), "/live", KeyStyle::live555);
                                          return stranger.new_key_mgmt(0);
                                        }()}});
  CHECK(refused.status == 463);
  CHECK(refused.reason.find("all viewers share the key") != std::string::npos);
}

TEST_CASE("a viewer of plain RTP is served beside those of a shared stream", "[srtp][live]") {
  Player plain(shared_live(), "/gcm");
  SrtpPlayer encrypted(shared_live(), "/gcm", KeyStyle::mediamtx);
  plain.setup_all(Over::tcp);
  encrypted.setup_all(Over::tcp);
  REQUIRE(plain.play().status == 200);
  REQUIRE(encrypted.play().status == 200);
  plain.receive(300ms);
  encrypted.receive(400ms);
  CHECK(encrypted.track(0).refused == 0);
  check_no_gap(encrypted.track(0));
  REQUIRE(plain.arrived(0).rtp.size() > 5);
  CHECK(plain.arrived(0).rtp[0].ssrc != encrypted.track(0).rtp[0].ssrc);
}

TEST_CASE("without key_scope: stream live viewers have keys of their own", "[srtp][live]") {
  SrtpPlayer one(shared_live(), "/own", KeyStyle::gstreamer);
  SrtpPlayer two(shared_live(), "/own", KeyStyle::gstreamer);
  one.setup_all(Over::tcp);
  two.setup_all(Over::tcp);
  CHECK_FALSE(one.track(0).answered->key == two.track(0).answered->key);
  CHECK(one.track(0).answered->streams[0].ssrc != two.track(0).answered->streams[0].ssrc);
  REQUIRE(one.play().status == 200);
  one.receive(400ms);
  CHECK(one.track(0).refused == 0);
  check_no_gap(one.track(0));
}

TEST_CASE("a viewer of a shared stream pauses and goes on with the present", "[srtp][live]") {
  SrtpPlayer player(shared_live(), "/live", KeyStyle::gstreamer);
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  player.receive(300ms);
  REQUIRE(player.control("PAUSE").status == 200);
  player.receive(100ms);
  player.track(0).rtp.clear();
  REQUIRE(player.play().status == 200);
  player.receive(400ms);
  CHECK(player.track(0).refused == 0);
  check_no_gap(player.track(0));
  REQUIRE(player.control("TEARDOWN").status == 200);
}
