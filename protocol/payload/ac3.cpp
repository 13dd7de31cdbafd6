#include "protocol/payload/ac3.h"

#include <algorithm>

#include "protocol/base/byte_reader.h"
#include "protocol/base/byte_writer.h"
#include "protocol/payload/fragments.h"

namespace lectern::payload {
namespace {

constexpr std::size_t header_size = 2;
constexpr std::uint16_t syncword = 0x0b77;

/// RFC 4184 section 4.1.1, field FT.
enum FrameType : std::uint8_t { complete = 0, initial_with_5_8ths = 1, initial = 2, continuation = 3 };

/// Of two fragments the first holds 5/8 of the frame where that fits: section 4.2 asks for it, as a decoder
/// gets sound out of that much.
std::size_t fragment_step(std::size_t size, std::size_t most) {
  const std::size_t equal = fragment_size(size, most);
  const std::size_t five_eighths = (size * 5 + 7) / 8;
  return equal < size && equal * 2 >= size && five_eighths <= most ? five_eighths : equal;
}

class Ac3Packetizer final : public Packetizer {
 public:
  explicit Ac3Packetizer(std::size_t max_payload) : max_payload_(max_payload) {}

  Status packetize(const AccessUnit& unit, PayloadSink& sink) override {
    const std::size_t size = unit.data.size();
    if (max_payload_ <= header_size) return invalid("no room for an AC-3 header in a packet");
    if (ByteReader(unit.data).u16() != syncword) return invalid("AC-3 unit without a syncword");
    const std::size_t step = fragment_step(size, max_payload_ - header_size);
    const std::size_t count = (size + step - 1) / step;
    if (count > 0xff)
      return Error{Errc::too_large,
                   "AC-3 frame of " + std::to_string(size) + " bytes needs too many fragments"};
    for (std::size_t at = 0; at < size; at += step) {
      const Bytes piece = unit.data.subspan(at, std::min(step, size - at));
      const std::uint8_t type = count == 1             ? complete
                                : at != 0              ? continuation
                                : step * 8 >= size * 5 ? initial_with_5_8ths
                                                       : initial;
      ByteWriter out(sink.reserve(header_size + piece.size()));
      out.u8(type).u8(static_cast<std::uint8_t>(count)).bytes(piece);
      sink.emit(out.size(), at + step >= size);
    }
    return {};
  }

 private:
  std::size_t max_payload_;
};

}  // namespace

std::unique_ptr<Packetizer> Ac3Format::make_packetizer(std::size_t max_payload) const {
  return std::make_unique<Ac3Packetizer>(max_payload);
}

}  // namespace lectern::payload
