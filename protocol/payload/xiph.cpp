#include "protocol/payload/xiph.h"

#include <algorithm>

#include "protocol/base/byte_writer.h"
#include "protocol/payload/fragments.h"

namespace lectern::payload {
namespace {

// Ident in 24 bits, F, TDT and number of packets in 8, length in 16 (RFC 5215 section 2.2).
constexpr std::size_t header_size = 6;
constexpr std::uint8_t one_whole_packet = 1;

enum FragmentType : std::uint8_t { first = 1, middle = 2, last = 3 };

class XiphPacketizer final : public Packetizer {
 public:
  XiphPacketizer(std::uint32_t ident, std::size_t max_payload) : ident_(ident), max_payload_(max_payload) {}

  Status packetize(const AccessUnit& unit, PayloadSink& sink) override {
    if (max_payload_ <= header_size) return invalid("no room for a Xiph header in a packet");
    const std::size_t size = unit.data.size();
    const std::size_t most = std::min<std::size_t>(max_payload_ - header_size, 0xffff);
    // An empty Theora packet is a repeated picture.
    if (size <= most) {
      write(one_whole_packet, unit.data, sink);
      return {};
    }
    const std::size_t step = fragment_size(size, most);
    for (std::size_t at = 0; at < size; at += step) {
      const std::uint8_t type = at == 0 ? first : at + step < size ? middle : last;
      write(static_cast<std::uint8_t>(type << 6), unit.data.subspan(at, std::min(step, size - at)), sink);
    }
    return {};
  }

 private:
  void write(std::uint8_t flags, Bytes piece, PayloadSink& sink) const {
    ByteWriter out(sink.reserve(header_size + piece.size()));
    out.u24(ident_).u8(flags).u16(static_cast<std::uint16_t>(piece.size())).bytes(piece);
    sink.emit(out.size(), false);
  }

  std::uint32_t ident_;
  std::size_t max_payload_;
};

}  // namespace

std::unique_ptr<Packetizer> XiphFormat::make_packetizer(std::size_t max_payload) const {
  return std::make_unique<XiphPacketizer>(ident & 0xffffff, max_payload);
}

}  // namespace lectern::payload
