#pragma once

#include <string>
#include <vector>

#include "protocol/base/base64.h"
#include "protocol/payload/packetizer.h"
#include "tests/support/hex.h"

namespace lectern::test {

struct RecordedPacket {
  std::string hex;
  bool marker = false;
  std::int32_t time_offset = 0;

  bool operator==(const RecordedPacket&) const = default;
};

/// Keeps what a packetizer emits, as text that a failed test can show.
class RecordedPackets final : public payload::PayloadSink {
 public:
  MutableBytes reserve(std::size_t size) override {
    // Exactly what was asked for, so that the sanitizer sees a write past it.
    buffer_ = ByteVector(size);
    return buffer_;
  }
  void emit(std::size_t used, bool marker, std::int32_t time_offset) override {
    packets.push_back({hex_encode(Bytes(buffer_).first(used)), marker, time_offset});
  }

  std::vector<RecordedPacket> packets;

 private:
  ByteVector buffer_;
};

inline std::ostream& operator<<(std::ostream& out, const RecordedPacket& packet) {
  return out << packet.hex << (packet.marker ? " M +" : " +") << packet.time_offset;
}

}  // namespace lectern::test
