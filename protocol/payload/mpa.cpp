#include "protocol/payload/mpa.h"

#include <algorithm>

#include "protocol/base/byte_writer.h"
#include "protocol/payload/fragments.h"

namespace lectern::payload {
namespace {

constexpr std::size_t header_size = 4;

class MpaPacketizer final : public Packetizer {
 public:
  explicit MpaPacketizer(std::size_t max_payload) : max_payload_(max_payload) {}

  Status packetize(const AccessUnit& unit, PayloadSink& sink) override {
    const std::size_t size = unit.data.size();
    if (max_payload_ <= header_size) return invalid("no room for an MPEG audio header in a packet");
    if (size == 0) return invalid("empty MPEG audio unit");
    if (size > 0xffff)
      return Error{Errc::too_large,
                   "MPEG audio unit of " + std::to_string(size) + " bytes exceeds Frag_offset"};
    const std::size_t step = fragment_size(size, max_payload_ - header_size);
    for (std::size_t at = 0; at < size; at += step) {
      const Bytes piece = unit.data.subspan(at, std::min(step, size - at));
      ByteWriter out(sink.reserve(header_size + piece.size()));
      out.u16(0).u16(static_cast<std::uint16_t>(at)).bytes(piece);
      sink.emit(out.size(), false);
    }
    return {};
  }

 private:
  std::size_t max_payload_;
};

}  // namespace

std::unique_ptr<Packetizer> MpaFormat::make_packetizer(std::size_t max_payload) const {
  return std::make_unique<MpaPacketizer>(max_payload);
}

}  // namespace lectern::payload
