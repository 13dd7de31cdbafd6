#include "server/srtp/protection.h"

#include <algorithm>
#include <array>

namespace lectern::server {

using srtp::Direction;

Result<std::unique_ptr<Protection>> Protection::create(const SrtpKeys& outbound, const SrtpKeys& inbound) {
  auto out = srtp::Session::create(Direction::outbound, outbound.suite, outbound.key);
  if (!out) return std::move(out).error();
  auto in = srtp::Session::create(Direction::inbound, inbound.suite, inbound.key);
  if (!in) return std::move(in).error();
  return std::unique_ptr<Protection>(new Protection(*std::move(out), *std::move(in)));
}

bool Protection::protect_rtp(MutableBytes buffer, std::size_t size) {
  const bool done = static_cast<bool>(outbound_.protect_rtp(buffer, size));
  if (!done) spent_ = true;
  return done;
}

bool Protection::protect_rtcp(MutableBytes buffer, std::size_t size) {
  const bool done = static_cast<bool>(outbound_.protect_rtcp(buffer, size));
  if (!done) spent_ = true;
  return done;
}

Result<std::size_t> Protection::unprotect_rtcp(MutableBytes packet) {
  if (!inbound_before_) return inbound_.unprotect_rtcp(packet, packet.size());
  std::array<std::byte, 2048> copy;
  const std::size_t size = std::min(packet.size(), copy.size());
  std::ranges::copy(packet.first(size), copy.begin());
  auto plain = inbound_.unprotect_rtcp(packet, packet.size());
  if (plain) {
    inbound_before_.reset();
    return plain;
  }
  const auto before = inbound_before_->unprotect_rtcp(MutableBytes(copy).first(size), size);
  if (!before) return plain;
  std::ranges::copy(Bytes(copy).first(*before), packet.begin());
  return before;
}

Status Protection::change_outbound(const SrtpKeys& keys, std::uint32_t ssrc) {
  if (keys == outbound()) return {};
  auto session = srtp::Session::create(Direction::outbound, keys.suite, keys.key);
  if (!session) return std::move(session).error();
  if (const Status added = session->add_stream(ssrc, rollover(ssrc)); !added) return added;
  outbound_ = *std::move(session);
  spent_ = false;
  return {};
}

Status Protection::change_inbound(const SrtpKeys& keys) {
  if (keys == inbound()) return {};
  auto session = srtp::Session::create(Direction::inbound, keys.suite, keys.key);
  if (!session) return std::move(session).error();
  inbound_before_ = std::exchange(inbound_, *std::move(session));
  return {};
}

}  // namespace lectern::server
