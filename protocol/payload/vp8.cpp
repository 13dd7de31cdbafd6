#include "protocol/payload/vp8.h"

#include <algorithm>

#include "protocol/payload/fragments.h"

namespace lectern::payload {
namespace {

constexpr std::size_t least_max_payload = 16;
constexpr std::size_t descriptor_size = 1;
constexpr std::size_t frame_tag_size = 3;  // RFC 6386 section 9.1

class Vp8Packetizer final : public Packetizer {
 public:
  explicit Vp8Packetizer(std::size_t max_payload) : max_payload_(std::max(max_payload, least_max_payload)) {}

  Status packetize(const AccessUnit& unit, PayloadSink& sink) override {
    if (unit.data.size() < frame_tag_size) return invalid("VP8 frame is cut short");
    const std::size_t most = fragment_size(unit.data.size(), max_payload_ - descriptor_size);
    for (std::size_t at = 0; at < unit.data.size(); at += most) {
      const Bytes piece = unit.data.subspan(at, std::min(most, unit.data.size() - at));
      const MutableBytes packet = sink.reserve(descriptor_size + piece.size());
      // RFC 7741 section 4.2: S where a partition begins; one run of bytes is all of partition 0 to us.
      packet[0] = std::byte{at == 0 ? std::uint8_t{0x10} : std::uint8_t{0}};
      std::ranges::copy(piece, packet.begin() + descriptor_size);
      sink.emit(descriptor_size + piece.size(), at + piece.size() == unit.data.size());
    }
    return {};
  }

 private:
  std::size_t max_payload_;
};

}  // namespace

std::unique_ptr<Packetizer> Vp8Format::make_packetizer(std::size_t max_payload) const {
  return std::make_unique<Vp8Packetizer>(max_payload);
}

}  // namespace lectern::payload
