#pragma once

#include <memory>
#include <optional>

#include "protocol/srtp/session.h"

namespace lectern::server {

/// A suite and a master key, as an exchange of keys gives them.
struct SrtpKeys {
  srtp::Suite suite;
  srtp::MasterKey key;

  bool operator==(const SrtpKeys&) const = default;
};

/// SRTP of one track: what is sent is protected by one key, what the player reports is checked with another
/// or, where it has none of its own, with the same.
class Protection {
 public:
  /// Errc::invalid for keys that do not fit their suite.
  static Result<std::unique_ptr<Protection>> create(const SrtpKeys& outbound, const SrtpKeys& inbound);

  [[nodiscard]] SrtpKeys outbound() const { return {outbound_.suite(), outbound_.key()}; }
  [[nodiscard]] SrtpKeys inbound() const { return {inbound_.suite(), inbound_.key()}; }
  /// How often the sequence number of what we send has wrapped (RFC 3711 section 3.3.1).
  [[nodiscard]] std::uint32_t rollover(std::uint32_t ssrc) const {
    const auto roc = outbound_.roc(ssrc);
    return roc ? *roc : 0;
  }

  /// What a packet grows by.
  [[nodiscard]] std::size_t rtp_growth() const { return outbound_.rtp_overhead(); }
  [[nodiscard]] std::size_t rtcp_growth() const { return outbound_.rtcp_overhead(); }
  /// In place: `buffer` has room for the growth behind the `size` bytes of the packet. False: the key must
  /// not protect more, see spent().
  bool protect_rtp(MutableBytes buffer, std::size_t size);
  bool protect_rtcp(MutableBytes buffer, std::size_t size);
  /// The master key has come to the end of its life (RFC 3711 section 9.2): nothing more can be sent.
  [[nodiscard]] bool spent() const { return spent_; }
  /// The packet of the player, in place; its size. With the key before the last change too, as what was sent
  /// before it may come late.
  Result<std::size_t> unprotect_rtcp(MutableBytes packet);

  /// From here on with other keys; the stream `ssrc` keeps its rollover counter (RFC 3711 section 8.1).
  Status change_outbound(const SrtpKeys& keys, std::uint32_t ssrc);
  Status change_inbound(const SrtpKeys& keys);

 private:
  Protection(srtp::Session outbound, srtp::Session inbound)
      : outbound_(std::move(outbound)), inbound_(std::move(inbound)) {}

  srtp::Session outbound_;
  srtp::Session inbound_;
  std::optional<srtp::Session> inbound_before_;
  bool spent_ = false;
};

}  // namespace lectern::server
