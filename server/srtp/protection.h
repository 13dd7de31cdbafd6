#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "protocol/srtp/session.h"

namespace lectern::server {

/// A suite and a master key, as an exchange of keys gives them.
struct SrtpKeys {
  srtp::Suite suite;
  srtp::MasterKey key;

  bool operator==(const SrtpKeys&) const = default;
};

/// A stream as its next packet leaves: how often its sequence number has wrapped by then (RFC 3711 section
/// 3.3.1).
struct StreamPosition {
  std::uint32_t ssrc = 0;
  std::uint32_t rollover = 0;
};

/// SRTP of one track: what is sent is protected by one key, what the player reports is checked with another
/// or, where it has none of its own, with the same. libsrtp's state is made with the first packet each way: a
/// viewer whose packets are protected for all, or who never reports, costs none.
class Protection {
 public:
  /// Errc::invalid for keys that do not fit their suite.
  static Result<std::unique_ptr<Protection>> create(const SrtpKeys& outbound, const SrtpKeys& inbound,
                                                    const StreamPosition& sent);

  [[nodiscard]] const SrtpKeys& outbound() const { return outbound_.keys; }
  [[nodiscard]] const SrtpKeys& inbound() const { return inbound_.keys; }

  /// What a packet grows by.
  [[nodiscard]] std::size_t rtp_growth() const {
    return srtp::rtp_overhead(outbound_.keys.suite, outbound_.keys.key);
  }
  [[nodiscard]] std::size_t rtcp_growth() const {
    return srtp::rtcp_overhead(outbound_.keys.suite, outbound_.keys.key);
  }
  /// In place: `buffer` has room for the growth behind the `size` bytes of the packet. False: the key must
  /// not protect more, see spent().
  bool protect_rtp(MutableBytes buffer, std::size_t size);
  bool protect_rtcp(MutableBytes buffer, std::size_t size);
  /// The master key has come to the end of its life (RFC 3711 section 9.2): nothing more can be sent.
  [[nodiscard]] bool spent() const { return spent_; }
  /// The packet of the player, in place; its size. With the key before the last change too, as what was sent
  /// before it may come late.
  Result<std::size_t> unprotect_rtcp(MutableBytes packet);
  /// The same of media that a publisher sends, whose keys do not change.
  Result<std::size_t> unprotect_rtp(MutableBytes packet);

  /// Other keys that only wait to be taken: what could fail has not.
  class Change {
    friend class Protection;
    std::optional<SrtpKeys> outbound_, inbound_;  ///< empty: as before
    StreamPosition sent_;
  };
  /// The stream keeps its rollover counter (RFC 3711 section 8.1). Errc::denied for a key that was used here
  /// before: the index of SRTCP begins anew with each change, and no key may meet an index twice.
  /// Errc::too_large after most_keys.
  [[nodiscard]] Result<Change> prepare(const SrtpKeys& outbound, const SrtpKeys& inbound,
                                       const StreamPosition& sent) const;
  void take(Change change);

  static constexpr std::size_t most_keys = 1000;

 private:
  struct Side {
    SrtpKeys keys;
    std::optional<srtp::Session> session;  ///< from the first packet on
  };

  Protection(const SrtpKeys& outbound, const SrtpKeys& inbound, const StreamPosition& sent);

  /// nullptr, which spends the key, where libsrtp does not make one.
  srtp::Session* outbound_session();
  using Unprotect = Result<std::size_t> (srtp::Session::*)(MutableBytes buffer, std::size_t size);
  static Result<std::size_t> unprotect(Side& side, Unprotect step, MutableBytes packet);

  /// Which keys there have been, by a hash of each, whatever their MKI.
  using History = std::vector<std::uint64_t>;
  static Status check_new(const History& used, const SrtpKeys& keys);

  Side outbound_, inbound_;
  StreamPosition sent_;  ///< when the outbound keys were taken
  std::optional<Side> inbound_before_;
  History outbound_used_, inbound_used_;
  bool spent_ = false;
};

}  // namespace lectern::server
