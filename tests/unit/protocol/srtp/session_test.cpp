#include "protocol/srtp/session.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <type_traits>

#include "protocol/rtp/header.h"
#include "tests/support/hex.h"
#include "tests/unit/protocol/srtp/samples.h"

using namespace lectern;
using namespace lectern::srtp;
using namespace lectern::test;

namespace {

constexpr std::uint32_t sample_ssrc = 0xcafebabe;

/// 1, 2, 3 …, as the samples were made with.
MasterKey counted_key(Suite suite, std::string_view mki = "") {
  ByteVector bytes;
  for (std::size_t i = 1; i <= key_and_salt_size(suite); ++i) bytes.push_back(static_cast<std::byte>(i));
  return *MasterKey::create(bytes, unhex(mki));
}

Session open(Direction direction, Suite suite, std::string_view mki = "") {
  auto session = Session::create(direction, suite, counted_key(suite, mki));
  REQUIRE(session.ok());
  return *std::move(session);
}

using Step = Result<std::size_t> (Session::*)(MutableBytes, std::size_t);

Result<ByteVector> run(Session& session, Step step, ByteVector packet, std::size_t room = 200) {
  const std::size_t size = packet.size();
  packet.resize(size + room);
  const auto done = (session.*step)(packet, size);
  if (!done) return done.error();
  packet.resize(*done);
  return packet;
}

std::string done(Session& session, Step step, std::string_view packet) {
  const auto result = run(session, step, unhex(packet));
  return result ? hex(*result) : result.error().message;
}

Errc failure(Session& session, Step step, const ByteVector& packet) {
  const auto result = run(session, step, packet);
  REQUIRE(!result.ok());
  return result.error().code;
}

ByteVector packet_of(std::uint16_t sequence, std::uint32_t ssrc = sample_ssrc) {
  ByteVector packet(rtp::header_size + 20, std::byte{0x5a});
  rtp::write_header({.payload_type = 96, .sequence = sequence, .timestamp = sequence, .ssrc = ssrc},
                    std::span(packet).first<rtp::header_size>());
  return packet;
}

}  // namespace

TEST_CASE("srtp session: protects as other implementations do, in every suite", "[srtp]") {
  for (const samples::Protected& sample : samples::every_suite) {
    INFO(info(sample.suite).name << " " << sample.mki);
    Session out = open(Direction::outbound, sample.suite, sample.mki);
    CHECK(done(out, &Session::protect_rtp, samples::rtp) == sample.rtp);
    CHECK(done(out, &Session::protect_rtcp, samples::rtcp) == sample.rtcp);
    CHECK(sample.rtp.size() / 2 == samples::rtp.size() / 2 + out.rtp_overhead());
    CHECK(sample.rtcp.size() / 2 == samples::rtcp.size() / 2 + out.rtcp_overhead());

    Session in = open(Direction::inbound, sample.suite, sample.mki);
    CHECK(done(in, &Session::unprotect_rtp, sample.rtp) == samples::rtp);
    CHECK(done(in, &Session::unprotect_rtcp, sample.rtcp) == samples::rtcp);
  }
}

TEST_CASE("srtp session: the reference packet of libsrtp", "[srtp]") {
  const auto key = MasterKey::create(unhex(samples::libsrtp_key));
  auto out = Session::create(Direction::outbound, Suite::aes_cm_128_hmac_sha1_80, *key);
  REQUIRE(out.ok());
  CHECK(done(*out, &Session::protect_rtp, samples::rtp) == samples::libsrtp_rtp);
}

TEST_CASE("srtp session: reads what FFmpeg sends, while its sequence numbers wrap", "[srtp]") {
  Session in = open(Direction::inbound, Suite::aes_cm_128_hmac_sha1_80);
  for (std::size_t i = 0; i < samples::ffmpeg_80.size(); ++i) {
    const auto packet = run(in, &Session::unprotect_rtp, unhex(samples::ffmpeg_80[i]));
    REQUIRE(packet.ok());
    CHECK(hex(rtp::parse_packet(*packet)->payload) == samples::ffmpeg_payloads[i]);
  }
  CHECK(*in.roc(0x11223344) == 1);
  const auto report = run(in, &Session::unprotect_rtcp, unhex(samples::ffmpeg_80_report));
  REQUIRE(report.ok());
  CHECK(hex(*report).substr(0, 16) == "80c8000611223344");
  // The time stamp of the first packet, and no packet or octet sent yet.
  CHECK(hex(*report).substr(32) == "bcc164200000000000000000");

  Session short_tag = open(Direction::inbound, Suite::aes_cm_128_hmac_sha1_32);
  const auto packet = run(short_tag, &Session::unprotect_rtp, unhex(samples::ffmpeg_32));
  REQUIRE(packet.ok());
  CHECK(hex(rtp::parse_packet(*packet)->payload) == samples::ffmpeg_payloads[0]);
  CHECK(run(short_tag, &Session::unprotect_rtcp, unhex(samples::ffmpeg_32_report)).ok());
}

TEST_CASE("srtp session: a receiver that comes late is told the rollover counter", "[srtp]") {
  for (const samples::AfterWraps& sample : samples::after_five_wraps) {
    INFO(info(sample.suite).name);
    Session out = open(Direction::outbound, sample.suite);
    REQUIRE(out.add_stream(sample_ssrc, 5).ok());
    CHECK(done(out, &Session::protect_rtp, samples::rtp) == sample.rtp);
    CHECK(*out.roc(sample_ssrc) == 5);

    Session in = open(Direction::inbound, sample.suite);
    CHECK(failure(in, &Session::unprotect_rtp, unhex(sample.rtp)) == Errc::denied);
    REQUIRE(in.add_stream(sample_ssrc, 5).ok());
    ByteVector forged = unhex(sample.rtp);
    forged.back() ^= std::byte{1};
    CHECK(failure(in, &Session::unprotect_rtp, forged) == Errc::denied);
    CHECK(done(in, &Session::unprotect_rtp, sample.rtp) == samples::rtp);
    CHECK(in.add_stream(sample_ssrc, 5).error().code == Errc::invalid);
  }
}

TEST_CASE("srtp session: a session of one stream begins at its rollover counter, and sends no other",
          "[srtp]") {
  for (const samples::AfterWraps& sample : samples::after_five_wraps) {
    INFO(info(sample.suite).name);
    Session one = Session::create_stream(sample.suite, counted_key(sample.suite), sample_ssrc, 5).value();
    CHECK(done(one, &Session::protect_rtp, samples::rtp) == sample.rtp);
    CHECK(*one.roc(sample_ssrc) == 5);
    CHECK(failure(one, &Session::protect_rtp, packet_of(1, sample_ssrc + 1)) == Errc::denied);
  }
  const MasterKey key = counted_key(Suite::aes_cm_128_hmac_sha1_80);
  CHECK(Session::create_stream(Suite::aead_aes_128_gcm, key, sample_ssrc).error().code == Errc::invalid);
}

TEST_CASE("srtp session: the rollover counter of either side follows the sequence", "[srtp]") {
  Session out = open(Direction::outbound, Suite::aead_aes_128_gcm);
  Session in = open(Direction::inbound, Suite::aead_aes_128_gcm);
  CHECK(out.roc(sample_ssrc).error().code == Errc::not_found);
  for (std::uint32_t index = 65000; index < 3 * 65536; index += 300) {
    const ByteVector plain = packet_of(static_cast<std::uint16_t>(index));
    const auto sent = run(out, &Session::protect_rtp, plain);
    REQUIRE(sent.ok());
    const auto received = run(in, &Session::unprotect_rtp, *sent);
    REQUIRE(received.ok());
    REQUIRE(*received == plain);
  }
  CHECK(*out.roc(sample_ssrc) == 2);
  CHECK(*in.roc(sample_ssrc) == 2);
}

TEST_CASE("srtp session: packets that overtake each other at the wrap are read", "[srtp]") {
  Session out = open(Direction::outbound, Suite::aes_cm_128_hmac_sha1_80);
  Session in = open(Direction::inbound, Suite::aes_cm_128_hmac_sha1_80);
  std::vector<ByteVector> sent;
  for (const std::uint16_t sequence : std::initializer_list<std::uint16_t>{65533, 65534, 65535, 0, 1})
    sent.push_back(*run(out, &Session::protect_rtp, packet_of(sequence)));
  for (const std::size_t i : std::initializer_list<std::size_t>{0, 3, 2, 4, 1})
    CHECK(run(in, &Session::unprotect_rtp, sent[i]).ok());
}

TEST_CASE("srtp session: whoever changes a byte is found out", "[srtp]") {
  for (const samples::Protected& sample : samples::every_suite) {
    INFO(info(sample.suite).name << " " << sample.mki);
    Session in = open(Direction::inbound, sample.suite, sample.mki);
    for (const auto& [text, step] : {std::pair{sample.rtp, Step{&Session::unprotect_rtp}},
                                     std::pair{sample.rtcp, Step{&Session::unprotect_rtcp}}}) {
      const ByteVector packet = unhex(text);
      // Behind the first byte, whose changes can make the header malformed.
      for (std::size_t i = 1; i < packet.size(); ++i) {
        INFO(i);
        ByteVector changed = packet;
        changed[i] ^= std::byte{1};
        CHECK(failure(in, step, changed) == Errc::denied);
      }
      CHECK(run(in, step, packet).ok());
    }
  }
}

TEST_CASE("srtp session: truncated packets", "[srtp]") {
  for (const samples::Protected& sample : samples::every_suite) {
    INFO(info(sample.suite).name << " " << sample.mki);
    Session in = open(Direction::inbound, sample.suite, sample.mki);
    for (const auto& [text, step, least] :
         {std::tuple{sample.rtp, Step{&Session::unprotect_rtp}, 12 + in.rtp_overhead()},
          std::tuple{sample.rtcp, Step{&Session::unprotect_rtcp}, 8 + in.rtcp_overhead()}}) {
      const ByteVector packet = unhex(text);
      for (std::size_t size = 0; size < packet.size(); ++size) {
        INFO(size);
        const ByteVector cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
        const Errc code = failure(in, step, cut);
        CHECK(code == (size < least ? Errc::invalid : Errc::denied));
      }
    }
  }
}

TEST_CASE("srtp session: a header that runs past the end is malformed", "[srtp]") {
  Session in = open(Direction::inbound, Suite::aes_cm_128_hmac_sha1_80);
  Session out = open(Direction::outbound, Suite::aes_cm_128_hmac_sha1_80);
  ByteVector packet = packet_of(1);
  packet[0] = std::byte{0x8f};  // fifteen contributing sources in twenty bytes
  CHECK(failure(out, &Session::protect_rtp, packet) == Errc::invalid);
  CHECK(failure(in, &Session::unprotect_rtp, packet) == Errc::invalid);
}

TEST_CASE("srtp session: replayed and outdated packets are refused", "[srtp]") {
  for (const SuiteInfo& suite : suites) {
    INFO(suite.name);
    Session out = open(Direction::outbound, suite.suite);
    Session in = open(Direction::inbound, suite.suite);
    const ByteVector first = *run(out, &Session::protect_rtp, packet_of(100));
    const ByteVector second = *run(out, &Session::protect_rtp, packet_of(101));
    const ByteVector late = *run(out, &Session::protect_rtp, packet_of(100 + Session::window_size));
    const ByteVector report = *run(out, &Session::protect_rtcp, unhex(samples::rtcp));
    CHECK(run(in, &Session::unprotect_rtp, first).ok());
    CHECK(failure(in, &Session::unprotect_rtp, first) == Errc::end);
    CHECK(run(in, &Session::unprotect_rtp, late).ok());
    CHECK(run(in, &Session::unprotect_rtp, second).ok());  // the oldest that the window has
    CHECK(failure(in, &Session::unprotect_rtp, second) == Errc::end);
    CHECK(failure(in, &Session::unprotect_rtp, first) == Errc::end);
    CHECK(run(in, &Session::unprotect_rtcp, report).ok());
    CHECK(failure(in, &Session::unprotect_rtcp, report) == Errc::end);
  }
}

TEST_CASE("srtp session: no sequence number is protected twice", "[srtp]") {
  for (const SuiteInfo& suite : suites) {
    INFO(suite.name);
    Session out = open(Direction::outbound, suite.suite);
    CHECK(run(out, &Session::protect_rtp, packet_of(7)).ok());
    CHECK(failure(out, &Session::protect_rtp, packet_of(7)) == Errc::end);
    CHECK(run(out, &Session::protect_rtp, packet_of(7, 1)).ok());
  }
}

TEST_CASE("srtp session: another key, another MKI and none are refused", "[srtp]") {
  constexpr Suite suite = Suite::aes_cm_128_hmac_sha1_80;
  Session out = open(Direction::outbound, suite, "01020304");
  const ByteVector packet = *run(out, &Session::protect_rtp, packet_of(1));
  Session other_mki = open(Direction::inbound, suite, "01020305");
  CHECK(failure(other_mki, &Session::unprotect_rtp, packet) == Errc::denied);
  Session no_mki = open(Direction::inbound, suite);
  CHECK(failure(no_mki, &Session::unprotect_rtp, packet) == Errc::denied);
  auto other_key =
      Session::create(Direction::inbound, suite, *MasterKey::create(ByteVector(30), unhex("01020304")));
  CHECK(failure(*other_key, &Session::unprotect_rtp, packet) == Errc::denied);
}

TEST_CASE("srtp session: the key has to fit the suite", "[srtp]") {
  for (const SuiteInfo& suite : suites) {
    INFO(suite.name);
    for (const std::size_t size : {std::size_t{16}, key_and_salt_size(suite.suite) - 1}) {
      const auto session =
          Session::create(Direction::outbound, suite.suite, *MasterKey::create(ByteVector(size)));
      REQUIRE(!session.ok());
      CHECK(session.error().code == Errc::invalid);
    }
  }
  CHECK(Session::create(Direction::inbound, Suite::aead_aes_128_gcm, *MasterKey::create(ByteVector(30)))
            .error()
            .message == "SRTP: AEAD_AES_128_GCM takes 28 bytes of key and salt, not 30");
}

TEST_CASE("srtp session: a buffer without room is left alone", "[srtp]") {
  Session out = open(Direction::outbound, Suite::aead_aes_256_gcm, "0a0b");
  ByteVector packet = packet_of(1);
  const ByteVector plain = packet;
  packet.resize(plain.size() + out.rtp_overhead() - 1);
  CHECK(out.protect_rtp(packet, plain.size()).error().code == Errc::too_large);
  CHECK(std::equal(plain.begin(), plain.end(), packet.begin()));
  packet.resize(plain.size() + out.rtp_overhead());
  CHECK(*out.protect_rtp(packet, plain.size()) == packet.size());
  ByteVector report = unhex(samples::rtcp);
  CHECK(out.protect_rtcp(report, report.size()).error().code == Errc::too_large);
  CHECK(out.protect_rtcp(report, 7).error().code == Errc::invalid);
  CHECK(out.protect_rtp(packet, 11).error().code == Errc::invalid);
}

TEST_CASE("srtp session: a peer cannot send from ever new ssrcs", "[srtp]") {
  Session out = open(Direction::outbound, Suite::aes_cm_128_hmac_sha1_80);
  Session in = open(Direction::inbound, Suite::aes_cm_128_hmac_sha1_80);
  ByteVector report = unhex(samples::rtcp);
  for (std::uint32_t ssrc = 0; ssrc < Session::max_inbound_streams; ++ssrc) {
    const ByteVector packet = *run(out, &Session::protect_rtp, packet_of(1, ssrc));
    CHECK(run(in, &Session::unprotect_rtp, packet).ok());
  }
  const ByteVector packet = *run(out, &Session::protect_rtp, packet_of(1, 0x11223344));
  CHECK(failure(in, &Session::unprotect_rtp, packet) == Errc::too_large);
  CHECK(failure(in, &Session::unprotect_rtcp, *run(out, &Session::protect_rtcp, report)) == Errc::too_large);
  CHECK(run(in, &Session::unprotect_rtp, *run(out, &Session::protect_rtp, packet_of(2, 0))).ok());
  report[7] = report[6] = report[5] = report[4] = std::byte{0};
  CHECK(run(in, &Session::unprotect_rtcp, *run(out, &Session::protect_rtcp, report)).ok());
  // What the server adds itself is not the peer's doing.
  REQUIRE(in.add_stream(0x11223344).ok());
  CHECK(run(in, &Session::unprotect_rtp, packet).ok());
}

TEST_CASE("srtp session: the lifetime of a key ends", "[srtp]") {
  constexpr Suite suite = Suite::aes_cm_128_hmac_sha1_80;
  auto out = Session::create(Direction::outbound, suite, counted_key(suite), {.rtp = 16, .rtcp = 8});
  REQUIRE(out.ok());
  for (std::uint16_t i = 0; i < 16; ++i) {
    CHECK(out->near_key_limit() == (i >= 14));
    CHECK(run(*out, &Session::protect_rtp, packet_of(i)).ok());
  }
  CHECK(failure(*out, &Session::protect_rtp, packet_of(16)) == Errc::too_large);

  auto reports = Session::create(Direction::outbound, suite, counted_key(suite), {.rtcp = 8});
  for (int i = 0; i < 8; ++i) {
    CHECK(reports->near_key_limit() == (i >= 7));
    CHECK(run(*reports, &Session::protect_rtcp, unhex(samples::rtcp)).ok());
  }
  CHECK(failure(*reports, &Session::protect_rtcp, unhex(samples::rtcp)) == Errc::too_large);
  CHECK(!open(Direction::outbound, suite).near_key_limit());
}

TEST_CASE("srtp session: a session can be moved", "[srtp]") {
  static_assert(!std::is_copy_constructible_v<Session>);
  Session out = open(Direction::outbound, Suite::aes_cm_128_hmac_sha1_80);
  Session moved = std::move(out);
  out = open(Direction::outbound, Suite::aead_aes_128_gcm);
  CHECK(moved.suite() == Suite::aes_cm_128_hmac_sha1_80);
  CHECK(moved.key() == counted_key(Suite::aes_cm_128_hmac_sha1_80));
  CHECK(done(moved, &Session::protect_rtp, samples::rtp) == samples::every_suite[0].rtp);
}
