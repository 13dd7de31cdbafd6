// What publishers send, and what of it comes to viewers: bytes, times, and what happens when one goes.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <thread>

#include "tests/conformance/live_checks.h"
#include "tests/support/publisher.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

const std::string pcmu = "audio 0 RTP/AVP 0", pcma = "audio 0 RTP/AVP 8";
constexpr int rate = 8000;

const ServerProcess& record_server() {
  static const ServerProcess process(
      with_config("loops: 1\n"
                  "paths:\n"
                  "  a: {publish: yes, publish_takeover: yes, start_timeout: 20s}\n"
                  "  b: {publish: yes, read_timeout: 1s, start_timeout: 20s}\n"
                  "  c: {publish: yes, publish_takeover: yes, start_timeout: 20s}\n"));
  return process;
}

/// Sends sound on the first track, 20 ms a packet, each with a byte of its own, until `done`.
bool send_until(TestPublisher& publisher, Player* player, const std::function<bool()>& done) {
  for (int i = 0; i < 1000; ++i) {
    publisher.send_sound(1, static_cast<char>(i % 100));
    if (player)
      player->receive(20ms);
    else
      std::this_thread::sleep_for(20ms);
    if (done()) return true;
  }
  return false;
}

/// Whether the bytes of the packets are those of some stretch of what send_until() sends.
bool in_order(const std::vector<RtpPacket>& packets) {
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const std::string& payload = packets[i].payload;
    if (payload != std::string(160, payload.at(0))) return false;
    if (i > 0 && payload[0] != (packets[i - 1].payload[0] + 1) % 100) return false;
  }
  return !packets.empty();
}

void begin(TestPublisher& publisher) {
  REQUIRE(send_until(publisher, nullptr, [&, count = 0]() mutable { return ++count == 20; }));
}

std::uint64_t ntp_of(double unix_time) {
  return static_cast<std::uint64_t>((unix_time + 2'208'988'800.0) * 4294967296.0);
}

}  // namespace

TEST_CASE("what is published comes to viewers byte for byte", "[record]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  CAPTURE(over == Over::udp);
  TestPublisher publisher(record_server(), "/a");
  publisher.record({pcmu}, over);
  begin(publisher);
  Player player(record_server(), "/a");
  CHECK(player.sdp().media.at(0).encoding() == "PCMU");
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  const auto& sound = player.arrived(0).rtp;
  REQUIRE(send_until(publisher, &player, [&] { return sound.size() > 40; }));
  player.receive(100ms);
  CHECK(in_order({sound.end() - 20, sound.end()}));
  for (std::size_t i = 1; i < sound.size(); ++i) {
    CHECK(sound[i].seq == static_cast<std::uint16_t>(sound[i - 1].seq + 1));
    CHECK(sound[i].timestamp - sound[i - 1].timestamp == 160);
  }
}

TEST_CASE("a publisher is told what came of what it sends", "[record]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  CAPTURE(over == Over::udp);
  TestPublisher publisher(record_server(), "/a");
  publisher.record({pcmu}, over);
  const std::uint16_t first = publisher.tracks[1].next.seq;
  begin(publisher);
  const std::string report = publisher.receive_rtcp(1);
  REQUIRE(report.size() >= 32);
  CHECK(report.substr(0, 2) == "\x81\xc9");             // RR of one source
  CHECK(report.substr(8, 4) == "\x00\x00\xca\xfe"s);    // ours
  CHECK(report.substr(12, 4) == std::string(4, '\0'));  // nothing lost
  const auto highest = static_cast<std::uint16_t>(static_cast<std::uint8_t>(report[18]) << 8 |
                                                  static_cast<std::uint8_t>(report[19]));
  CHECK(static_cast<std::uint16_t>(highest - first) < 20);
  CHECK(parse_rtcp(report));
}

TEST_CASE("a publisher's sender reports say when it was captured", "[record]") {
  TestPublisher publisher(record_server(), "/a");
  publisher.record({pcmu}, Over::udp);
  // As if it had been ten seconds ago: arrival would tell another time.
  const double captured =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count() - 10;
  const std::uint32_t at = publisher.tracks[1].next.timestamp;
  publisher.send_rtcp(1, sender_report(0xcafe, ntp_of(captured), at));
  begin(publisher);
  Player player(record_server(), "/a");
  player.setup_all(Over::udp);
  REQUIRE(player.play().status == 200);
  // Each has a byte that tells when it was: the last one of begin() is the 20th packet.
  const auto& sound = player.arrived(0).rtp;
  REQUIRE(receive_until(player, [&] { return !sound.empty() && !player.arrived(0).rtcp.empty(); }));
  const double passed = sound.at(0).payload.at(0) * 0.02;
  CHECK(std::abs(captured_at(player.arrived(0), sound[0].timestamp, rate) - (captured + passed)) < 0.005);
}

TEST_CASE("bad RTP of a publisher is counted, and its session lives", "[record][R]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  CAPTURE(over == Over::udp);
  TestPublisher publisher(record_server(), "/c");
  publisher.record({pcmu}, over);
  begin(publisher);
  const RtpPacket good = publisher.tracks[1].next;
  const auto send = [&](auto change) {
    RtpPacket bad = good;
    bad.payload.assign(160, 'x');
    change(bad);
    publisher.send_rtp(1, rtp_packet(bad));
  };
  const std::string packet = rtp_packet(good) + std::string(160, 'x');
  for (const std::size_t size : {0u, 1u, 4u, 11u}) publisher.send_rtp(1, packet.substr(0, size));
  publisher.send_rtp(1, "\x00" + packet.substr(1));                               // version 0
  publisher.send_rtp(1, "\x8f" + packet.substr(1, 20));                           // 15 sources, cut
  publisher.send_rtp(1, "\xa0" + packet.substr(1, 20) + std::string(1, '\x7f'));  // padding
  send([](RtpPacket& bad) { bad.payload_type = 96; });                            // not announced
  send([](RtpPacket& bad) { bad.payload_type = 72, bad.marker = true; });         // like RTCP
  send([over](RtpPacket& bad) { bad.payload.assign(over == Over::udp ? 4000 : 40000, 'x'); });
  send([](RtpPacket& bad) { bad.seq = static_cast<std::uint16_t>(bad.seq + 20000); });  // a jump
  for (const auto* junk : {"", "\x80\xc8", "\x80\xc8\xff\xff----", "junk that is no RTCP"})
    publisher.send_rtcp(1, junk);
  publisher.tracks[1].next.seq = static_cast<std::uint16_t>(good.seq + 5);  // five are lost
  publisher.tracks[1].next.timestamp += 5 * 160;

  Player player(record_server(), "/c");
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  const auto& sound = player.arrived(0).rtp;
  REQUIRE(send_until(publisher, &player, [&] { return sound.size() > 40; }));
  CHECK(in_order({sound.end() - 20, sound.end()}));
  CHECK(std::ranges::none_of(sound,
                             [](const auto& each) { return each.payload.find('x') != std::string::npos; }));
  CHECK(publisher.control("TEARDOWN").status == 200);
  const std::string log = record_server().log();
  const std::string end = log.substr(log.rfind("ends publishing /c"));
  CHECK(end.find(" times malformed RTP") != std::string::npos);
  CHECK(end.find("dropped 2 times RTP of a payload type that was not announced") != std::string::npos);
  CHECK(end.find("dropped 1 times a packet that is too long") != std::string::npos);
  CHECK(end.find("dropped 1 times RTP whose sequence number jumps") != std::string::npos);
  CHECK(end.find(" times malformed RTCP") != std::string::npos);
  CHECK(log.find(" publishes /c: dropped malformed RTP") != std::string::npos);
}

TEST_CASE("a publisher that begins its numbers anew, from another source, goes on", "[record]") {
  TestPublisher publisher(record_server(), "/a");
  publisher.record({pcmu}, Over::udp);
  begin(publisher);
  Player player(record_server(), "/a");
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  const auto& sound = player.arrived(0).rtp;
  REQUIRE(send_until(publisher, &player, [&] { return sound.size() > 30; }));
  auto& next = publisher.tracks[1].next;
  next = {0, false, 17, 99, 0xbeef, {}};
  const std::size_t before = sound.size();
  REQUIRE(send_until(publisher, &player, [&] { return sound.size() > before + 30; }));
  // The same source, far back.
  next.seq = static_cast<std::uint16_t>(next.seq - 15'000);
  const std::size_t there = sound.size();
  REQUIRE(send_until(publisher, &player, [&] { return sound.size() > there + 30; }));
  CHECK(in_order({sound.end() - 20, sound.end()}));
}

TEST_CASE("RTP from another address or port than the publisher's is nobody's", "[record]") {
  TestPublisher publisher(record_server(), "/a");
  publisher.record({pcmu}, Over::udp);
  begin(publisher);
  UdpPair stranger;
  RtpPacket packet = publisher.tracks[1].next;
  packet.payload.assign(160, 'x');
  for (int i = 0; i < 20; ++i, ++packet.seq)
    stranger.send_rtp(publisher.tracks[1].server_rtp, rtp_packet(packet));
  Player player(record_server(), "/a");
  player.setup_all(Over::tcp);
  REQUIRE(player.play().status == 200);
  const auto& sound = player.arrived(0).rtp;
  REQUIRE(send_until(publisher, &player, [&] { return sound.size() > 40; }));
  CHECK(std::ranges::none_of(sound, [](const auto& each) { return each.payload[0] == 'x'; }));
}

TEST_CASE("viewers wait for a publisher that has gone, and go on with the next", "[record]") {
  const auto over = GENERATE(Over::tcp, Over::udp);
  CAPTURE(over == Over::udp);
  auto publisher = std::make_unique<TestPublisher>(record_server(), "/a");
  publisher->record({pcmu}, over);
  begin(*publisher);
  Player player(record_server(), "/a");
  player.setup_all(Over::udp);
  REQUIRE(player.play().status == 200);
  const auto& sound = player.arrived(0).rtp;
  REQUIRE(send_until(*publisher, &player, [&] { return sound.size() > 30; }));
  publisher = std::make_unique<TestPublisher>(record_server(), "/a");
  player.receive(300ms);
  const RtpPacket last = sound.back();
  player.forget_arrived();
  publisher->record({pcmu}, Over::tcp);
  REQUIRE(send_until(*publisher, &player, [&] { return player.arrived(0).rtp.size() > 30; }));
  const auto& next = player.arrived(0).rtp.front();
  CHECK(next.ssrc == last.ssrc);
  CHECK(next.seq == static_cast<std::uint16_t>(last.seq + 1));
  const double passed = seconds_between(last.timestamp, next.timestamp, rate);
  CHECK(passed > 0.1);
  CHECK(passed < 20);
  CHECK_FALSE(player.arrived(0).bye());

  TestPublisher other(record_server(), "/a");
  other.record({pcma}, over);
  other.tracks[1].next.payload_type = 8;
  REQUIRE(send_until(other, &player, [&] { return player.all_byes(); }));
  CHECK(Player(record_server(), "/a").sdp().media.at(0).encoding() == "PCMA");
}

TEST_CASE("a publisher over TCP ends with its connection", "[record]") {
  TestPublisher next(record_server(), "/b");
  {
    TestPublisher publisher(record_server(), "/b");
    publisher.record({pcmu}, Over::tcp);
    CHECK(next.announce(announced({pcmu})).status == 403);
  }
  CHECK(eventually([&] { return next.announce(announced({pcmu})).status == 200; }));
}

TEST_CASE("a publisher over UDP ends once it was silent for read_timeout; RTCP keeps it alive", "[record]") {
  TestPublisher next(record_server(), "/b"), publisher(record_server(), "/b");
  REQUIRE(eventually([&] { return publisher.announce(announced({pcmu})).status == 200; }));
  REQUIRE(publisher.setup(1, Over::udp).status == 200);
  REQUIRE(publisher.control("RECORD").status == 200);
  for (int i = 0; i < 20; ++i) {
    publisher.send_rtcp(1, sender_report(0xcafe, ntp_of(1e9), 1));
    std::this_thread::sleep_for(100ms);
  }
  CHECK(next.announce(announced({pcmu})).status == 403);
  publisher.client.disconnect();
  CHECK(next.announce(announced({pcmu})).status == 403);
  CHECK(eventually([&] { return next.announce(announced({pcmu})).status == 200; }, 8000));
  CHECK(record_server().log().find("(silent for 1 s)") != std::string::npos);
}
