#pragma once

#include <optional>
#include <vector>

#include "protocol/payload/packetizer.h"
#include "tests/fuzz/target.h"

namespace lectern::fuzz {

struct CutPacket {
  ByteVector bytes;
  bool marker = false;
  std::int32_t time_offset = 0;

  /// What stands behind a header of `size` bytes.
  [[nodiscard]] Bytes behind(std::size_t size) const {
    ensure(bytes.size() >= size, "a packet has its header");
    return Bytes(bytes).subspan(size);
  }
};

class CutSink final : public payload::PayloadSink {
 public:
  MutableBytes reserve(std::size_t size) override {
    buffer_ = ByteVector(size);  // of exactly this size: the sanitizer sees what is written past it
    return buffer_;
  }
  void emit(std::size_t used, bool marker, std::int32_t time_offset) override {
    ensure(used <= buffer_.size(), "no more is used than was reserved");
    buffer_.resize(used);
    packets.push_back({std::move(buffer_), marker, time_offset});
    buffer_ = {};
  }

  std::vector<CutPacket> packets;

 private:
  ByteVector buffer_;
};

/// Packets within the limit, or nullopt for an error, with the check that nothing came out before it.
inline std::optional<std::vector<CutPacket>> cut(payload::Packetizer& packetizer,
                                                 const payload::AccessUnit& unit, std::size_t max_payload) {
  CutSink sink;
  if (!packetizer.packetize(unit, sink)) {
    ensure(sink.packets.empty(), "an error means that nothing came out");
    return std::nullopt;
  }
  for (const CutPacket& packet : sink.packets)
    ensure(packet.bytes.size() <= max_payload, "a payload is within the limit");
  return std::move(sink.packets);
}

enum class Markers { on_the_last, none };

inline void ensure_markers(const std::vector<CutPacket>& packets, Markers markers) {
  for (std::size_t i = 0; i < packets.size(); ++i)
    ensure(packets[i].marker == (markers == Markers::on_the_last && i + 1 == packets.size()),
           "the marker is on the last packet, or on none");
}

/// Each packet with `header` bytes before its piece: together they are `whole`.
inline void ensure_whole(const std::vector<CutPacket>& packets, std::size_t header, Bytes whole) {
  for (const CutPacket& packet : packets) {
    const Bytes piece = packet.behind(header);
    ensure(piece.size() <= whole.size() && std::equal(piece.begin(), piece.end(), whole.begin()),
           "packets carry the unit");
    whole = whole.subspan(piece.size());
  }
  ensure(whole.empty(), "and all of it");
}

/// `least` up to some 1400, from one byte.
inline std::size_t limit_of(std::uint8_t byte, std::size_t least) {
  return byte < 192 ? least + byte : least + 192 + 15 * (byte - 192u);
}

}  // namespace lectern::fuzz
