#include "server/srtp/protection.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "protocol/base/byte_reader.h"

namespace lectern::server {
namespace {

using srtp::Direction;
using srtp::Session;

std::uint64_t hash_of(const srtp::MasterKey& key) {
  std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const Bytes bytes = key.key_and_salt();
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(),
             nullptr);
  return ByteReader(digest).u64();
}

Result<Session> make_outbound(const SrtpKeys& keys, const StreamPosition& sent) {
  auto session = Session::create(Direction::outbound, keys.suite, keys.key);
  if (!session) return session;
  if (auto added = session->add_stream(sent.ssrc, sent.rollover); !added) return std::move(added).error();
  return session;
}

}  // namespace

Protection::Protection(Session outbound, Session inbound)
    : outbound_(std::move(outbound)),
      inbound_(std::move(inbound)),
      outbound_used_{hash_of(outbound_.key())},
      inbound_used_{hash_of(inbound_.key())} {}

Result<std::unique_ptr<Protection>> Protection::create(const SrtpKeys& outbound, const SrtpKeys& inbound,
                                                       const StreamPosition& sent) {
  auto out = make_outbound(outbound, sent);
  if (!out) return std::move(out).error();
  auto in = Session::create(Direction::inbound, inbound.suite, inbound.key);
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

Status Protection::check_new(const History& used, const SrtpKeys& keys) {
  if (std::ranges::find(used, hash_of(keys.key)) != used.end())
    return Error{Errc::denied, "the key was used for this track before"};
  if (used.size() >= most_keys)
    return Error{Errc::too_large, "too many changes of keys: set the track up in another session"};
  return {};
}

Result<Protection::Change> Protection::prepare(const SrtpKeys& outbound, const SrtpKeys& inbound,
                                               const StreamPosition& sent) const {
  Change change;
  if (outbound != this->outbound()) {
    if (auto status = check_new(outbound_used_, outbound); !status) return std::move(status).error();
    auto session = make_outbound(outbound, sent);
    if (!session) return std::move(session).error();
    change.outbound_ = *std::move(session);
  }
  if (inbound != this->inbound()) {
    if (auto status = check_new(inbound_used_, inbound); !status) return std::move(status).error();
    auto session = Session::create(Direction::inbound, inbound.suite, inbound.key);
    if (!session) return std::move(session).error();
    change.inbound_ = *std::move(session);
  }
  return change;
}

void Protection::take(Change change) {
  if (change.outbound_) {
    outbound_ = *std::move(change.outbound_);
    outbound_used_.push_back(hash_of(outbound_.key()));
    spent_ = false;
  }
  if (change.inbound_) {
    inbound_before_ = std::exchange(inbound_, *std::move(change.inbound_));
    inbound_used_.push_back(hash_of(inbound_.key()));
  }
}

}  // namespace lectern::server
