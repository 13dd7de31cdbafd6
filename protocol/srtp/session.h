#pragma once

#include <cstdint>
#include <memory>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"
#include "protocol/srtp/master_key.h"
#include "protocol/srtp/suite.h"

struct srtp_ctx_t_;

namespace lectern::srtp {

/// Bytes that a packet grows by, MKI included.
inline std::size_t rtp_overhead(Suite suite, const MasterKey& key) {
  return info(suite).rtp_growth + key.mki().size();
}
inline std::size_t rtcp_overhead(Suite suite, const MasterKey& key) {
  return info(suite).rtcp_growth + key.mki().size();
}

enum class Direction : std::uint8_t { outbound, inbound };

/// Packets that one master key may protect. The defaults are those of RFC 3711 section 9.2; a=crypto can set
/// fewer.
struct Lifetime {
  std::uint64_t rtp = std::uint64_t{1} << 48;
  std::uint64_t rtcp = std::uint64_t{1} << 31;
};

/// One direction of SRTP and SRTCP under one master key, for any number of ssrcs; RFC 3711 by libsrtp.
/// Belongs to one thread. A stream's first packet allocates its state, no later one does.
///
/// Every operation works in place on the first `size` bytes of the buffer, and gives the new size. What can
/// fail, and what then is in the buffer is of no use:
/// - Errc::invalid: shorter than a packet of its kind can be, or malformed
/// - Errc::denied: not authentic, or of another MKI
/// - Errc::end: replayed, or older than the window of 1024 packets; on the way out a sequence number that the
///   same ssrc has had, which is refused as it would give the plain text away
/// - Errc::too_large: no room in the buffer, the master key has reached its lifetime, or a peer sends from
///   more than max_inbound_streams ssrcs
class Session {
 public:
  static constexpr unsigned long window_size = 1024;
  /// Whoever has the key could otherwise make us keep state without end.
  static constexpr std::size_t max_inbound_streams = 64;

  /// Errc::invalid where the key has not the size that the suite asks for.
  static Result<Session> create(Direction direction, Suite suite, const MasterKey& key,
                                const Lifetime& lifetime = {});
  /// Outbound, for `ssrc` alone, its rollover counter being `roc`. Half of what create() and add_stream()
  /// take: with each cipher that is open all of libsrtp's get slower where it stands on NSS.
  static Result<Session> create_stream(Suite suite, const MasterKey& key, std::uint32_t ssrc,
                                       std::uint32_t roc = 0, const Lifetime& lifetime = {});
  /// What both say of a key that does not fit.
  static Status check(Suite suite, const MasterKey& key);

  /// Makes the state of `ssrc` beforehand, its rollover counter being `roc`: for a receiver that comes when
  /// sequence numbers have wrapped, and so that its first packet allocates nothing. Streams that are not
  /// added begin with 0. Errc::invalid where `ssrc` has been added, or has sent.
  Status add_stream(std::uint32_t ssrc, std::uint32_t roc = 0);
  /// Bits 16 to 47 of the packet index, as of the newest packet; Errc::not_found for an ssrc without state.
  [[nodiscard]] Result<std::uint32_t> roc(std::uint32_t ssrc) const;

  /// `buffer` has room for size + rtp_overhead().
  Result<std::size_t> protect_rtp(MutableBytes buffer, std::size_t size);
  /// `buffer` has room for size + rtcp_overhead().
  Result<std::size_t> protect_rtcp(MutableBytes buffer, std::size_t size);
  Result<std::size_t> unprotect_rtp(MutableBytes buffer, std::size_t size);
  Result<std::size_t> unprotect_rtcp(MutableBytes buffer, std::size_t size);

  [[nodiscard]] std::size_t rtp_overhead() const { return srtp::rtp_overhead(suite_, key_); }
  [[nodiscard]] std::size_t rtcp_overhead() const { return srtp::rtcp_overhead(suite_, key_); }
  [[nodiscard]] Suite suite() const { return suite_; }
  [[nodiscard]] const MasterKey& key() const { return key_; }

  /// What was protected has used up seven eighths of the lifetime: time to agree on a new key.
  [[nodiscard]] bool near_key_limit() const;

 private:
  struct Close {
    void operator()(srtp_ctx_t_* context) const noexcept;
  };
  using Context = std::unique_ptr<srtp_ctx_t_, Close>;

  using Operation = int (*)(srtp_ctx_t_* context, void* packet, int* size, unsigned use_mki);

  /// srtp_ssrc_t
  struct Ssrc {
    int type;
    std::uint32_t value;
  };
  static Result<Session> open(Suite suite, const MasterKey& key, const Lifetime& lifetime, Ssrc ssrc);
  Result<std::size_t> run(Operation operation, MutableBytes buffer, std::size_t size);
  Result<std::size_t> protect(Operation operation, MutableBytes buffer, std::size_t size,
                              std::size_t overhead, std::uint64_t& done, std::uint64_t limit);
  Result<std::size_t> unprotect(Operation operation, MutableBytes buffer, std::size_t size,
                                std::size_t ssrc_at);

  Session(Suite suite, const MasterKey& key, const Lifetime& lifetime)
      : suite_(suite), key_(key), lifetime_(lifetime) {}

  Context context_;
  Suite suite_;
  MasterKey key_;
  Lifetime lifetime_;
  std::uint64_t rtp_packets_ = 0;
  std::uint64_t rtcp_packets_ = 0;
  std::size_t inbound_streams_ = 0;
};

}  // namespace lectern::srtp
