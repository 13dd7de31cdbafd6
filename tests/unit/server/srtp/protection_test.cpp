#include "server/srtp/protection.h"

#include <catch2/catch.hpp>
#include <span>

#include "protocol/rtp/header.h"
#include "server/srtp/key_offer.h"
#include "tests/support/hex.h"

using namespace lectern;
using namespace lectern::server;
using namespace lectern::test;
using srtp::Direction;
using srtp::Session;
using srtp::Suite;

namespace {

constexpr Suite suite = Suite::aes_cm_128_hmac_sha1_80;
constexpr std::uint32_t ssrc = 0x11223344;

SrtpKeys new_keys(Suite of = suite) {
  return new_stream(of).keys;
}

SrtpKeys with_mki(const SrtpKeys& keys, std::string_view mki) {
  return {keys.suite, srtp::MasterKey::create(keys.key.key_and_salt(), unhex(mki)).value()};
}

std::unique_ptr<Protection> make(const SrtpKeys& outbound, const SrtpKeys& inbound,
                                 std::uint32_t rollover = 0) {
  return Protection::create(outbound, inbound, {ssrc, rollover}).value();
}

/// The player's side.
Session player(Direction direction, const SrtpKeys& keys) {
  return Session::create(direction, keys.suite, keys.key).value();
}

ByteVector plain_packet(std::uint16_t sequence) {
  ByteVector packet(rtp::header_size + 20, std::byte{0x5a});
  rtp::write_header({.payload_type = 96, .sequence = sequence, .timestamp = 7, .ssrc = ssrc},
                    std::span(packet).first<rtp::header_size>());
  return packet;
}

/// As it leaves; empty where it does not.
ByteVector sent(Protection& protection, std::uint16_t sequence) {
  ByteVector packet = plain_packet(sequence);
  const std::size_t size = packet.size();
  packet.resize(size + protection.rtp_growth());
  return protection.protect_rtp(packet, size) ? packet : ByteVector();
}

bool reads(Session& session, ByteVector packet, std::uint16_t sequence) {
  const auto size = session.unprotect_rtp(packet, packet.size());
  if (!size) return false;
  packet.resize(*size);
  return packet == plain_packet(sequence);
}

const ByteVector report = unhex("81c90007 00000007 11223344 00000000 00000000 00000000 00000000 00000000");

ByteVector protected_report(Session& session) {
  ByteVector packet = report;
  packet.resize(report.size() + session.rtcp_overhead());
  REQUIRE(session.protect_rtcp(packet, report.size()));
  return packet;
}

/// Errc::end is not among what can come for a success.
Errc received(Protection& protection, ByteVector packet) {
  const auto size = protection.unprotect_rtcp(packet);
  if (!size) return size.error().code;
  packet.resize(*size);
  CHECK(packet == report);
  return Errc::internal;
}
constexpr Errc fine = Errc::internal;

void change(Protection& protection, const SrtpKeys& outbound, const SrtpKeys& inbound,
            std::uint32_t rollover = 0) {
  auto prepared = protection.prepare(outbound, inbound, {ssrc, rollover});
  REQUIRE(prepared.ok());
  protection.take(*std::move(prepared));
}

Errc refusal(const Protection& protection, const SrtpKeys& outbound, const SrtpKeys& inbound) {
  const auto prepared = protection.prepare(outbound, inbound, {ssrc, 0});
  REQUIRE(!prepared.ok());
  return prepared.error().code;
}

}  // namespace

TEST_CASE("protection: each direction has its key, in every suite", "[srtp]") {
  for (const srtp::SuiteInfo& info : srtp::suites) {
    INFO(info.name);
    const SrtpKeys out = new_keys(info.suite), in = new_keys(info.suite);
    const auto protection = make(out, in);
    CHECK(protection->outbound() == out);
    CHECK(protection->inbound() == in);
    CHECK(protection->rtp_growth() == info.rtp_growth);
    CHECK(protection->rtcp_growth() == info.rtcp_growth);
    Session listener = player(Direction::inbound, out), talker = player(Direction::outbound, in);
    CHECK(reads(listener, sent(*protection, 1), 1));
    ByteVector told = unhex("81c90007 11223344 00000007 00000000 00000000 00000000 00000000 00000000");
    told.resize(report.size() + protection->rtcp_growth());
    REQUIRE(protection->protect_rtcp(told, report.size()));
    CHECK(listener.unprotect_rtcp(told, told.size()).value() == report.size());
    CHECK(received(*protection, protected_report(talker)) == fine);
  }
}

TEST_CASE("protection: tampered, replayed and truncated reports are refused", "[srtp]") {
  const SrtpKeys in = new_keys();
  const auto protection = make(new_keys(), in);
  Session talker = player(Direction::outbound, in);
  const ByteVector good = protected_report(talker);
  ByteVector tampered = good;
  tampered[9] ^= std::byte{1};
  CHECK(received(*protection, tampered) == Errc::denied);
  CHECK(received(*protection, good) == fine);
  CHECK(received(*protection, good) == Errc::end);
  CHECK(received(*protection, ByteVector(good.begin(), good.end() - 1)) == Errc::denied);
  CHECK(received(*protection, ByteVector(good.begin(), good.begin() + 9)) == Errc::invalid);
  CHECK(received(*protection, report) == Errc::denied);
  CHECK(received(*protection, ByteVector()) == Errc::invalid);
}

TEST_CASE("protection: keys that do not fit their suite are refused", "[srtp]") {
  const SrtpKeys good = new_keys(), bad{Suite::aead_aes_256_gcm, good.key};
  CHECK(Protection::create(bad, good, {ssrc, 0}).error().code == Errc::invalid);
  CHECK(Protection::create(good, bad, {ssrc, 0}).error().code == Errc::invalid);
  const auto protection = make(good, good);
  const SrtpKeys other = new_keys(), unfit{Suite::aead_aes_256_gcm, other.key};
  CHECK(refusal(*protection, unfit, other) == Errc::invalid);
  CHECK(refusal(*protection, other, unfit) == Errc::invalid);
  CHECK(protection->outbound() == good);
  CHECK(protection->inbound() == good);
}

TEST_CASE("protection: a change holds from when it is taken, and the rollover goes on", "[srtp]") {
  const SrtpKeys first = new_keys(), second = new_keys();
  const auto protection = make(first, first);
  Session listener = player(Direction::inbound, first);
  CHECK(reads(listener, sent(*protection, 0x7fff), 0x7fff));
  CHECK(reads(listener, sent(*protection, 0xfffe), 0xfffe));
  CHECK(reads(listener, sent(*protection, 0xffff), 0xffff));
  auto prepared = protection->prepare(second, second, {ssrc, 1});
  REQUIRE(prepared.ok());
  CHECK(protection->outbound() == first);
  protection->take(*std::move(prepared));
  CHECK(protection->outbound() == second);
  // A player knows the index of a stream from the packets before, whatever their key.
  const ByteVector packet = sent(*protection, 0);
  CHECK_FALSE(reads(listener, packet, 0));
  Session again = player(Direction::inbound, second);
  CHECK_FALSE(reads(again, packet, 0));
  REQUIRE(again.add_stream(ssrc, 1).ok());
  CHECK(reads(again, packet, 0));
}

TEST_CASE("protection: reports under the key before come late, until the first under the new one", "[srtp]") {
  const SrtpKeys out = new_keys(), first = new_keys(), second = new_keys();
  const auto protection = make(out, first);
  Session old_talker = player(Direction::outbound, first), new_talker = player(Direction::outbound, second);
  const ByteVector seen = protected_report(old_talker);
  CHECK(received(*protection, seen) == fine);
  change(*protection, out, second);
  CHECK(protection->inbound() == second);
  CHECK(received(*protection, seen) == Errc::denied);  // still a replay
  CHECK(received(*protection, protected_report(old_talker)) == fine);
  ByteVector tampered = protected_report(old_talker);
  tampered.back() ^= std::byte{1};
  CHECK(received(*protection, tampered) == Errc::denied);
  CHECK(received(*protection, protected_report(new_talker)) == fine);
  CHECK(received(*protection, protected_report(old_talker)) == Errc::denied);
  CHECK(received(*protection, protected_report(new_talker)) == fine);
}

TEST_CASE("protection: the same keys again change nothing", "[srtp]") {
  const SrtpKeys keys = with_mki(new_keys(), "01020304");
  const auto protection = make(keys, keys);
  Session listener = player(Direction::inbound, keys);
  CHECK(reads(listener, sent(*protection, 5), 5));
  change(*protection, keys, keys);
  CHECK(sent(*protection, 5).empty());  // it knows what it has sent
}

TEST_CASE("protection: no key is used a second time, whatever its MKI", "[srtp]") {
  const SrtpKeys first = new_keys(), second = new_keys(), third = new_keys();
  const auto protection = make(first, first);
  CHECK(refusal(*protection, with_mki(first, "01"), first) == Errc::denied);
  CHECK(refusal(*protection, first, with_mki(first, "01")) == Errc::denied);
  change(*protection, second, first);
  CHECK(refusal(*protection, first, first) == Errc::denied);
  change(*protection, second, third);
  CHECK(refusal(*protection, second, first) == Errc::denied);
  CHECK(protection->outbound() == second);
  CHECK(protection->inbound() == third);
  // What is sent and what is received are other streams.
  change(*protection, third, third);
}

TEST_CASE("protection: keys cannot be changed without end", "[srtp]") {
  const auto protection = make(new_keys(), new_keys());
  const SrtpKeys out = protection->outbound();
  for (std::size_t i = 1; i < Protection::most_keys; ++i) change(*protection, out, new_keys());
  CHECK(refusal(*protection, out, new_keys()) == Errc::too_large);
  CHECK(protection->prepare(new_keys(), protection->inbound(), {ssrc, 0}).ok());
}

TEST_CASE("protection: what must not be protected spends the key, until another comes", "[srtp]") {
  const SrtpKeys keys = new_keys();
  const auto protection = make(keys, keys);
  CHECK_FALSE(sent(*protection, 1).empty());
  CHECK_FALSE(protection->spent());
  CHECK(sent(*protection, 1).empty());
  CHECK(protection->spent());
  change(*protection, keys, new_keys());
  CHECK(protection->spent());
  change(*protection, new_keys(), protection->inbound());
  CHECK_FALSE(protection->spent());
  CHECK_FALSE(sent(*protection, 2).empty());
}
