#include "protocol/payload/amr.h"

#include <algorithm>
#include <array>
#include <optional>

#include "protocol/base/byte_writer.h"

namespace lectern::payload {
namespace {

/// Bytes of speech by frame type: 3GPP TS 26.101 table 1a and TS 26.201 table 1a. -1 where reserved.
using FrameSizes = std::array<int, 16>;
constexpr FrameSizes narrow_sizes = {12, 13, 15, 17, 19, 20, 26, 31, 5, -1, -1, -1, -1, -1, -1, 0};
constexpr FrameSizes wide_sizes = {17, 23, 32, 36, 40, 46, 50, 58, 60, 5, -1, -1, -1, -1, 0, 0};

constexpr std::uint8_t no_mode_request = 0xf0;
constexpr std::uint8_t frame_follows = 0x80;
constexpr std::uint8_t type_and_quality = 0x7c;

struct Piece {
  Bytes frames;
  std::size_t count = 0;
};

class AmrPacketizer final : public Packetizer {
 public:
  AmrPacketizer(const FrameSizes& sizes, std::int32_t ticks, std::size_t max_payload)
      : sizes_(sizes), ticks_(ticks), max_payload_(max_payload) {}

  Status packetize(const AccessUnit& unit, PayloadSink& sink) override {
    if (unit.data.empty()) return invalid("empty AMR unit");
    for (Bytes left = unit.data; !left.empty();) {
      const auto size = frame_size(left);
      if (!size) return invalid("broken AMR frame");
      if (1 + *size > max_payload_) return Error{Errc::too_large, "AMR frame does not fit into a packet"};
      left = left.subspan(*size);
    }
    std::int32_t time = 0;
    for (Bytes left = unit.data; !left.empty();) {
      const Piece piece = next_piece(left);
      write(piece, sink, time);
      time += static_cast<std::int32_t>(piece.count) * ticks_;
      left = left.subspan(piece.frames.size());
    }
    return {};
  }

 private:
  /// With its table of contents entry, which costs the same in the file and in the payload.
  [[nodiscard]] std::optional<std::size_t> frame_size(Bytes frames) const {
    const int speech = sizes_[u8(frames[0]) >> 3 & 0xf];
    if (speech < 0 || frames.size() < 1 + static_cast<std::size_t>(speech)) return std::nullopt;
    return 1 + static_cast<std::size_t>(speech);
  }

  [[nodiscard]] Piece next_piece(Bytes frames) const {
    std::size_t used = 0, count = 0;
    while (used < frames.size()) {
      const auto size = frame_size(frames.subspan(used));
      if (!size || 1 + used + *size > max_payload_) break;
      used += *size;
      ++count;
    }
    return {frames.first(used), count};
  }

  void write(const Piece& piece, PayloadSink& sink, std::int32_t time) const {
    ByteWriter out(sink.reserve(1 + piece.frames.size()));
    out.u8(no_mode_request);
    std::size_t at = 0;
    for (std::size_t i = 0; i < piece.count; ++i) {
      const auto entry = static_cast<std::uint8_t>(u8(piece.frames[at]) & type_and_quality);
      out.u8(i + 1 < piece.count ? entry | frame_follows : entry);
      at += *frame_size(piece.frames.subspan(at));
    }
    for (Bytes left = piece.frames; !left.empty();) {
      const std::size_t size = *frame_size(left);
      out.bytes(left.subspan(1, size - 1));
      left = left.subspan(size);
    }
    sink.emit(out.size(), false, time);
  }

  const FrameSizes& sizes_;
  std::int32_t ticks_;
  std::size_t max_payload_;
};

}  // namespace

std::unique_ptr<Packetizer> AmrFormat::make_packetizer(std::size_t max_payload) const {
  const auto ticks_of_20_ms = static_cast<std::int32_t>(clock_rate() / 50);
  return std::make_unique<AmrPacketizer>(band == Band::narrow ? narrow_sizes : wide_sizes, ticks_of_20_ms,
                                         max_payload);
}

}  // namespace lectern::payload
