#pragma once

#include <cstddef>
#include <string_view>

#include "protocol/base/byte_writer.h"
#include "protocol/base/result.h"
#include "protocol/rtcp/packets.h"

namespace lectern::rtcp {

/// More than any datagram that a report of 31 sources, its descriptions and feedback need.
inline constexpr std::size_t max_compound_size = 2048;

enum class CompoundRule {
  full,          ///< RFC 3550 section 6.1: begins with SR or RR
  reduced_size,  ///< RFC 5506: any packet may be alone
};

/// A datagram of RTCP that was checked as a whole, so that a malformed one has no effect at all. Points into
/// the datagram.
class Compound {
 public:
  /// The checks of RFC 3550 appendix A.2: version 2, the first packet's type, padding on the last packet
  /// only, lengths that add up; and each packet by its own format. Errc::invalid otherwise.
  static Result<Compound> parse(Bytes datagram, CompoundRule rule = CompoundRule::full);

  /// Calls `visitor(const T&)` with each alternative of Packet, in order.
  template <typename Visitor>
  void visit(Visitor&& visitor) const {
    for (Bytes rest = datagram_; !rest.empty();) {
      const Packet packet = *take_packet(rest);
      std::visit(visitor, packet);
    }
  }

 private:
  explicit Compound(Bytes datagram) : datagram_(datagram) {}
  static Result<Packet> take_packet(Bytes& rest);

  Bytes datagram_;
};

// Writers append one packet; what does not fit latches writer.failed().
void write(ByteWriter& writer, const SenderReport& packet);
void write(ByteWriter& writer, const ReceiverReport& packet);
void write(ByteWriter& writer, const SourceDescription& packet);
void write(ByteWriter& writer, const Bye& packet);
void write(ByteWriter& writer, const OtherPacket& packet);
/// A source description of one CNAME, cut at 255 octets.
void write_cname(ByteWriter& writer, std::uint32_t ssrc, std::string_view cname);

/// The compound packets of section 6.1, `SR SDES` or `RR SDES`, and `BYE` for the report's ssrc where
/// `bye_reason` is given (it may be empty). The size written; Errc::too_large where `to` is too small.
Result<std::size_t> write_compound(MutableBytes to, const SenderReport& report, std::string_view cname,
                                   std::optional<std::string_view> bye_reason = std::nullopt);
Result<std::size_t> write_compound(MutableBytes to, const ReceiverReport& report, std::string_view cname,
                                   std::optional<std::string_view> bye_reason = std::nullopt);

}  // namespace lectern::rtcp
