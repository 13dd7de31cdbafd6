#include <array>

#include "protocol/mikey/message.h"
#include "protocol/mikey/policy.h"
#include "protocol/rtp/header.h"
#include "protocol/srtp/session.h"
#include "tests/fuzz/target.h"

namespace lectern::fuzz {
namespace {

using srtp::Direction;
using srtp::Session;
using srtp::Suite;

void mikey_message(Bytes input) {
  const auto message = mikey::parse(input);
  if (!message) return;
  ensure(message->key.key_and_salt().size() == srtp::key_and_salt_size(message->suite), "a key has its size");
  const auto written = mikey::serialize(*message);
  if (!written) return;  // RAND may be missing in what came
  const auto again = mikey::parse(*written);
  ensure(again && *again == *message, "a message reads back the same");
}

void mikey_policy(Bytes input) {
  const auto suite = mikey::parse_policy(input);
  if (!suite) return;
  std::array<std::byte, 128> buffer{};
  ByteWriter writer(buffer);
  mikey::write_policy(writer, *suite);
  ByteReader reader(writer.written());
  ensure(!writer.failed(), "a policy has room");
}

/// The key whose bytes are 1, 2, 3 …, as that of the foreign packets in the tests; flags: the suite, an MKI.
srtp::MasterKey key_of(Suite suite, bool mki) {
  std::array<std::byte, srtp::MasterKey::max_size> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i + 1);
  constexpr std::array name{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  return srtp::MasterKey::create(Bytes(bytes).first(srtp::key_and_salt_size(suite)),
                                 mki ? Bytes(name) : Bytes{})
      .value();
}

Suite suite_of(std::uint8_t flags) {
  return srtp::suites[flags % srtp::suites.size()].suite;
}

/// The first byte is suite and MKI, then come packets with their sizes, as a peer sends them.
void unprotect(Bytes input, bool rtcp) {
  ByteReader reader(input);
  const std::uint8_t flags = reader.u8();
  auto session = Session::create(Direction::inbound, suite_of(flags & 0x7f),
                                 key_of(suite_of(flags & 0x7f), flags > 0x7f));
  ensure(session.ok(), "there is a session");
  const std::size_t growth = rtcp ? session->rtcp_overhead() : session->rtp_overhead();
  while (reader.left() > 0) {
    const Bytes packet = take_piece(reader);
    ByteVector once(packet.begin(), packet.end());
    ByteVector twice = once;
    const auto size =
        rtcp ? session->unprotect_rtcp(once, once.size()) : session->unprotect_rtp(once, once.size());
    if (!size) continue;
    ensure(*size + growth == packet.size(), "a packet shrinks by what protection adds");
    const auto replayed =
        rtcp ? session->unprotect_rtcp(twice, twice.size()) : session->unprotect_rtp(twice, twice.size());
    ensure(!replayed && replayed.error().code == Errc::end, "a packet is taken once");
  }
}

void unprotect_rtp(Bytes input) {
  unprotect(input, false);
}

void unprotect_rtcp(Bytes input) {
  unprotect(input, true);
}

/// What we protect, the other side reads, unless a bit of it changes on the way.
void round_trip(Bytes input) {
  ByteReader reader(input);
  const std::uint8_t flags = reader.u8();
  const Suite suite = suite_of(flags & 0x3f);
  const bool rtcp = (flags & 0x40) != 0;
  const auto key = key_of(suite, flags > 0x7f);
  auto sender = Session::create(Direction::outbound, suite, key).value();
  auto receiver = Session::create(Direction::inbound, suite, key).value();
  const std::size_t bit = reader.u16();
  const Bytes plain = reader.rest().first(std::min<std::size_t>(reader.left(), 1400));
  ByteVector buffer(plain.begin(), plain.end());
  buffer.resize(plain.size() + (rtcp ? sender.rtcp_overhead() : sender.rtp_overhead()));
  const auto size =
      rtcp ? sender.protect_rtcp(buffer, plain.size()) : sender.protect_rtp(buffer, plain.size());
  if (!size) return;
  ensure(*size == buffer.size(), "a packet grows by what was said");
  ByteVector changed = buffer;
  changed[bit / 8 % changed.size()] ^= static_cast<std::byte>(1u << (bit % 8));
  const auto refused = rtcp ? receiver.unprotect_rtcp(changed, changed.size())
                            : receiver.unprotect_rtp(changed, changed.size());
  ensure(!refused, "a changed packet is refused");
  const auto read =
      rtcp ? receiver.unprotect_rtcp(buffer, buffer.size()) : receiver.unprotect_rtp(buffer, buffer.size());
  ensure(read && *read == plain.size() && std::equal(plain.begin(), plain.end(), buffer.begin()),
         "the other side reads what was sent");
}

constexpr std::array targets{
    Target{"mikey_message", mikey_message},      Target{"mikey_policy", mikey_policy},
    Target{"srtp_unprotect_rtp", unprotect_rtp}, Target{"srtp_unprotect_rtcp", unprotect_rtcp},
    Target{"srtp_round_trip", round_trip},
};

}  // namespace

std::span<const Target> srtp_targets() {
  return targets;
}

}  // namespace lectern::fuzz
