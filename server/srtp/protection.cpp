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

Status check(const SrtpKeys& keys) {
  return Session::check(keys.suite, keys.key);
}

}  // namespace

Protection::Protection(const SrtpKeys& outbound, const SrtpKeys& inbound, const StreamPosition& sent)
    : outbound_{outbound, {}},
      inbound_{inbound, {}},
      sent_(sent),
      outbound_used_{hash_of(outbound.key)},
      inbound_used_{hash_of(inbound.key)} {}

Result<std::unique_ptr<Protection>> Protection::create(const SrtpKeys& outbound, const SrtpKeys& inbound,
                                                       const StreamPosition& sent) {
  for (const SrtpKeys* keys : {&outbound, &inbound})
    if (Status fits = check(*keys); !fits) return std::move(fits).error();
  return std::unique_ptr<Protection>(new Protection(outbound, inbound, sent));
}

Session* Protection::outbound_session() {
  if (!outbound_.session) {
    auto made = Session::create_stream(outbound_.keys.suite, outbound_.keys.key, sent_.ssrc, sent_.rollover);
    if (!made) {
      spent_ = true;
      return nullptr;
    }
    outbound_.session = *std::move(made);
  }
  return &*outbound_.session;
}

bool Protection::protect_rtp(MutableBytes buffer, std::size_t size) {
  Session* session = outbound_session();
  const bool done = session && session->protect_rtp(buffer, size);
  if (!done) spent_ = true;
  return done;
}

bool Protection::protect_rtcp(MutableBytes buffer, std::size_t size) {
  Session* session = outbound_session();
  const bool done = session && session->protect_rtcp(buffer, size);
  if (!done) spent_ = true;
  return done;
}

Result<std::size_t> Protection::unprotect(Side& side, Unprotect step, MutableBytes packet) {
  if (!side.session) {
    auto made = Session::create(Direction::inbound, side.keys.suite, side.keys.key);
    if (!made) return std::move(made).error();
    side.session = *std::move(made);
  }
  return ((*side.session).*step)(packet, packet.size());
}

Result<std::size_t> Protection::unprotect_rtp(MutableBytes packet) {
  return unprotect(inbound_, &Session::unprotect_rtp, packet);
}

Result<std::size_t> Protection::unprotect_rtcp(MutableBytes packet) {
  if (!inbound_before_) return unprotect(inbound_, &Session::unprotect_rtcp, packet);
  std::array<std::byte, 2048> copy;
  const std::size_t size = std::min(packet.size(), copy.size());
  std::ranges::copy(packet.first(size), copy.begin());
  auto plain = unprotect(inbound_, &Session::unprotect_rtcp, packet);
  if (plain) {
    inbound_before_.reset();
    return plain;
  }
  const auto before = unprotect(*inbound_before_, &Session::unprotect_rtcp, MutableBytes(copy).first(size));
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
    if (Status fits = check(outbound); !fits) return std::move(fits).error();
    change.outbound_ = outbound;
    change.sent_ = sent;
  }
  if (inbound != this->inbound()) {
    if (auto status = check_new(inbound_used_, inbound); !status) return std::move(status).error();
    if (Status fits = check(inbound); !fits) return std::move(fits).error();
    change.inbound_ = inbound;
  }
  return change;
}

void Protection::take(Change change) {
  if (change.outbound_) {
    outbound_ = {*std::move(change.outbound_), {}};
    sent_ = change.sent_;
    outbound_used_.push_back(hash_of(outbound_.keys.key));
    spent_ = false;
  }
  if (change.inbound_) {
    inbound_before_ = std::exchange(inbound_, {*std::move(change.inbound_), {}});
    inbound_used_.push_back(hash_of(inbound_.keys.key));
  }
}

}  // namespace lectern::server
