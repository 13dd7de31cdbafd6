#include "protocol/payload/vp9.h"

#include <algorithm>

#include "protocol/base/byte_writer.h"
#include "protocol/payload/bit_reader.h"
#include "protocol/payload/fragments.h"

namespace lectern::payload {
namespace {

constexpr std::size_t least_max_payload = 32;  // the longest descriptor, and something to carry

// RFC 9628 section 4.2
constexpr std::uint8_t inter_predicted = 0x40, begins_frame = 0x08, ends_frame = 0x04,
                       has_scalability_structure = 0x02;
constexpr std::size_t scalability_structure_size = 5;

struct KeyFrame {
  std::uint16_t width = 0;
  std::uint16_t height = 0;
};

/// VP9 bitstream specification sections 6.2 and 7.2: nothing unless the (first) frame is a key frame.
Result<std::optional<KeyFrame>> read_key_frame(Bytes frame) {
  constexpr std::uint32_t frame_marker = 2, sync_code = 0x498342, color_space_rgb = 7;
  BitReader bits(frame);
  if (bits.bits(2) != frame_marker) return invalid("VP9 frame without its marker");
  const std::uint32_t profile_low = bits.bits(1);
  const std::uint32_t profile = bits.bits(1) << 1 | profile_low;
  if (profile == 3) bits.skip(1);
  if (bits.flag()) return std::optional<KeyFrame>{};  // show_existing_frame
  const bool inter = bits.flag();
  bits.skip(2);  // show_frame, error_resilient_mode
  if (bits.failed()) return invalid("VP9 frame is cut short");
  if (inter) return std::optional<KeyFrame>{};
  if (bits.bits(24) != sync_code) return invalid("VP9 key frame without its sync code");
  if (profile >= 2) bits.skip(1);  // ten_or_twelve_bit
  const bool rgb = bits.bits(3) == color_space_rgb;
  if (!rgb) bits.skip(1);                                    // color_range
  if (profile == 1 || profile == 3) bits.skip(rgb ? 1 : 3);  // subsampling, reserved
  const std::uint32_t width = bits.bits(16) + 1, height = bits.bits(16) + 1;
  if (bits.failed()) return invalid("VP9 key frame is cut short");
  if (width > 0xffff || height > 0xffff) return unsupported("VP9 picture of 65536 pixels");
  return std::optional(KeyFrame{static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height)});
}

class Vp9Packetizer final : public Packetizer {
 public:
  explicit Vp9Packetizer(std::size_t max_payload) : max_payload_(std::max(max_payload, least_max_payload)) {}

  Status packetize(const AccessUnit& unit, PayloadSink& sink) override {
    const auto key_frame = read_key_frame(unit.data);
    if (!key_frame) return key_frame.error();
    // The scalability structure counts as if it were data, so that the packets are equal with it.
    const std::size_t structure = *key_frame ? scalability_structure_size : 0;
    const std::size_t most = fragment_size(structure + unit.data.size(), max_payload_ - 1);
    for (std::size_t at = 0; at < unit.data.size();) {
      const std::size_t room = at == 0 ? most - structure : most;
      const Bytes piece = unit.data.subspan(at, std::min(room, unit.data.size() - at));
      const bool last = at + piece.size() == unit.data.size();
      ByteWriter writer(sink.reserve(max_payload_).first(max_payload_));
      // Intra-only frames are never shown, so that what follows in their superframe is predicted.
      writer.u8(static_cast<std::uint8_t>((*key_frame ? 0 : inter_predicted) | (at == 0 ? begins_frame : 0) |
                                          (last ? ends_frame : 0) |
                                          (*key_frame && at == 0 ? has_scalability_structure : 0)));
      if (*key_frame && at == 0) {
        constexpr std::uint8_t one_layer_with_resolution = 0x10;  // N_S = 0, Y = 1, G = 0
        writer.u8(one_layer_with_resolution).u16((*key_frame)->width).u16((*key_frame)->height);
      }
      writer.bytes(piece);
      sink.emit(writer.size(), last);
      at += piece.size();
    }
    return {};
  }

 private:
  std::size_t max_payload_;
};

}  // namespace

std::string Vp9Format::fmtp() const {
  return profile ? "profile-id=" + std::to_string(*profile) : std::string{};
}

std::unique_ptr<Packetizer> Vp9Format::make_packetizer(std::size_t max_payload) const {
  return std::make_unique<Vp9Packetizer>(max_payload);
}

}  // namespace lectern::payload
