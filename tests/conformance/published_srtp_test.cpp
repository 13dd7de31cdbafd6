// Publishers that announce their SRTP keys by a=crypto (RFC 4568): what of their packets comes to viewers.
#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "protocol/base/base64.h"
#include "tests/conformance/live_checks.h"
#include "tests/conformance/srtp_player.h"
#include "tests/support/publisher.h"

using namespace lectern::test;
using namespace lectern;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

struct Way {
  std::string path;
  bool tls;
  Over over;
  std::string profile;
  srtp::Suite suite;
};

const ServerProcess& srtp_server() {
  static const ServerProcess process(
      with_config("loops: 1\n"
                  "paths:\n"
                  "  clear: {publish: yes, publish_takeover: yes, start_timeout: 20s, srtp: sdes,"
                  " allow_clear_keys: yes}\n"
                  "  required: {publish: yes, publish_takeover: yes, start_timeout: 20s, srtp: required}\n"));
  return process;
}

/// 20 ms of G.711 a packet, each with a byte of its own, protected with the key that was announced.
class CryptoPublisher {
 public:
  explicit CryptoPublisher(const Way& way)
      : publisher_(srtp_server(), way.path, way.tls),
        sender_(session(srtp::Direction::outbound, way.suite)),
        forger_(session(srtp::Direction::outbound, way.suite)),
        receiver_(session(srtp::Direction::inbound, way.suite)) {
    const std::string crypto =
        "\r\na=crypto:1 "s.append(srtp::info(way.suite).name) + " inline:" + base64_encode(key(way.suite));
    REQUIRE(publisher_.announce(announced({"audio 0 RTP/SAVP 0" + crypto})).status == 200);
    const Answer setup = publisher_.setup(1, transport(way));
    REQUIRE(setup.status == 200);
    REQUIRE(publisher_.control("RECORD").status == 200);
  }

  void send_sound() {
    RtpPacket& next = publisher_.tracks.at(1).next;
    last_ = protect(sender_, rtp_packet(filled(next, static_cast<char>(next.seq % 100))));
    publisher_.send_rtp(1, last_);
    ++next.seq;
    next.timestamp += 160;
  }
  /// In the place of the next packet: with a wrong tag, changed on the way, in the clear; and one again.
  void send_bad() {
    const RtpPacket bad = filled(publisher_.tracks.at(1).next, 'x');
    const std::string whole = protect(forger_, rtp_packet(bad));
    for (const std::size_t at : {whole.size() - 1, std::size_t{50}}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      publisher_.send_rtp(1, changed);
    }
    publisher_.send_rtp(1, rtp_packet(bad));
    publisher_.send_rtp(1, last_);
  }
  /// The next report of the server, its protection taken off.
  std::string report() {
    std::string bytes = publisher_.receive_rtcp(1);
    const auto size =
        receiver_.unprotect_rtcp(std::as_writable_bytes(std::span(bytes.data(), bytes.size())), bytes.size());
    REQUIRE(size);
    return bytes.substr(0, *size);
  }
  int teardown() { return publisher_.control("TEARDOWN").status; }

 private:
  static ByteVector key(srtp::Suite suite) {
    ByteVector bytes(srtp::key_and_salt_size(suite));
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 + 1);
    return bytes;
  }
  static srtp::Session session(srtp::Direction direction, srtp::Suite suite) {
    return srtp::Session::create(direction, suite, srtp::MasterKey::create(key(suite)).value()).value();
  }
  static RtpPacket filled(RtpPacket packet, char sample) {
    packet.payload.assign(160, sample);
    return packet;
  }
  std::string transport(const Way& way) {
    if (way.over == Over::tcp) return way.profile + "/TCP;unicast;mode=record";
    auto& udp = publisher_.tracks[1].udp.emplace();
    return way.profile + ";unicast;client_port=" + udp.ports() + ";mode=record";
  }
  static std::string protect(srtp::Session& session, std::string bytes) {
    const std::size_t plain = bytes.size();
    bytes.resize(plain + session.rtp_overhead());
    REQUIRE(session.protect_rtp(std::as_writable_bytes(std::span(bytes.data(), bytes.size())), plain));
    return bytes;
  }

  TestPublisher publisher_;
  srtp::Session sender_, forger_, receiver_;
  std::string last_;
};

}  // namespace

TEST_CASE("media that a publisher protects by a=crypto come to viewers, and nothing that is not authentic",
          "[record][srtp]") {
  using enum srtp::Suite;
  const Way way = GENERATE(Way{"/clear", false, Over::udp, "RTP/SAVP", aes_cm_128_hmac_sha1_80},
                           Way{"/clear", false, Over::tcp, "RTP/AVP", aes_cm_128_hmac_sha1_32},  // FFmpeg's
                           Way{"/required", true, Over::tcp, "RTP/SAVP", aes_cm_128_hmac_sha1_80},
                           Way{"/required", true, Over::udp, "RTP/SAVP", aes_cm_128_hmac_sha1_80});
  CAPTURE(way.path, way.tls, way.over == Over::udp);
  CryptoPublisher publisher(way);
  for (int i = 0; i < 20; ++i, std::this_thread::sleep_for(20ms)) publisher.send_sound();
  SrtpPlayer viewer(srtp_server(), way.path, KeyStyle::gstreamer, way.tls);
  viewer.setup_all(way.over);
  REQUIRE(viewer.play().status == 200);
  const auto& sound = viewer.track(0).rtp;
  constexpr int rounds = 5;
  for (int i = 0; i < 50; ++i) {
    if (i % 10 == 5) publisher.send_bad();
    publisher.send_sound();
    viewer.receive(20ms);
  }
  viewer.receive(100ms);
  REQUIRE(sound.size() > 40);
  CHECK(viewer.track(0).refused == 0);
  for (std::size_t i = 1; i < sound.size(); ++i) {
    REQUIRE(sound[i].seq == static_cast<std::uint16_t>(sound[i - 1].seq + 1));
    const auto next = static_cast<char>((sound[i - 1].payload.at(0) + 1) % 100);
    REQUIRE(sound[i].payload == std::string(160, next));
  }
  const std::string report = publisher.report();
  REQUIRE(report.size() >= 32);
  CHECK(report.substr(0, 2) == "\x81\xc9");           // RR of one source
  CHECK(report.substr(8, 4) == "\x00\x00\xca\xfe"s);  // ours
  REQUIRE(publisher.teardown() == 200);
  const std::string log = srtp_server().log();
  const std::string flaw = "a packet that is not protected with its key, or was seen before";
  CHECK_THAT(log, Catch::Contains(" publishes " + way.path + ": dropped " + flaw));
  CHECK_THAT(log.substr(log.rfind("ends publishing " + way.path)),
             Catch::Contains("; dropped " + std::to_string(4 * rounds) + " times " + flaw));
}

TEST_CASE("media of a publisher that are protected with another key than it announced come to nobody",
          "[record][srtp]") {
  const ServerProcess server(
      with_config("loops: 1\npaths:\n  a: {publish: yes, start_timeout: 1s, srtp: required}\n"));
  TestPublisher publisher(server, "/a", true);
  const std::string line = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:";
  REQUIRE(publisher
              .announce(
                  announced({"audio 0 RTP/SAVP 0\r\n" + line + base64_encode(ByteVector(30, std::byte{1}))}))
              .status == 200);
  REQUIRE(publisher.setup(1, "RTP/SAVP/TCP;unicast;mode=record").status == 200);
  REQUIRE(publisher.control("RECORD").status == 200);
  auto other = srtp::Session::create(srtp::Direction::outbound, srtp::Suite::aes_cm_128_hmac_sha1_80,
                                     srtp::MasterKey::create(ByteVector(30, std::byte{2})).value())
                   .value();
  for (int i = 0; i < 10; ++i) {
    RtpPacket& next = publisher.tracks.at(1).next;
    next.payload.assign(160, 'x');
    std::string bytes = rtp_packet(next);
    const std::size_t plain = bytes.size();
    bytes.resize(plain + other.rtp_overhead());
    REQUIRE(other.protect_rtp(std::as_writable_bytes(std::span(bytes.data(), bytes.size())), plain));
    publisher.send_rtp(1, bytes);
    ++next.seq;
  }
  TestPublisher viewer(server, "/a", true);
  CHECK(viewer.client.request("DESCRIBE", viewer.url).status == 504);
  REQUIRE(publisher.control("TEARDOWN").status == 200);
  CHECK_THAT(server.log(), Catch::Contains("ends publishing /a") &&
                               Catch::Contains("; dropped 10 times a packet that is not protected with its"));
}
