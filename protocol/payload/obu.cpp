#include "protocol/payload/obu.h"

#include <algorithm>

#include "protocol/base/byte_reader.h"
#include "protocol/payload/bit_reader.h"

namespace lectern::payload {
namespace {

constexpr std::uint8_t extension_flag = 0x04, has_size_flag = 0x02;

std::size_t read_leb128(ByteReader& reader) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) {
    const std::uint64_t byte = reader.u8();
    value |= (byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) break;
  }
  return static_cast<std::size_t>(value);
}

void skip_timing_info(BitReader& bits) {
  bits.skip(64);                               // num_units_in_display_tick, time_scale
  if (bits.flag()) (void)bits.exp_golomb();    // equal_picture_interval: num_ticks_per_picture_minus_1
  if (bits.flag()) bits.skip(5 + 32 + 5 + 5);  // decoder_model_info()
}

}  // namespace

void Obu::copy(std::size_t offset, MutableBytes to) const {
  while (offset < header_size && !to.empty()) {
    to[0] = header[offset++];
    to = to.subspan(1);
  }
  if (!to.empty()) std::ranges::copy(payload.subspan(offset - header_size, to.size()), to.begin());
}

Status read_obus(Bytes data, std::vector<Obu>& obus) {
  ByteReader reader(data);
  while (reader.left() > 0) {
    Obu obu;
    const std::uint8_t first = reader.u8();
    if ((first & 0x80) != 0) return invalid("OBU with its forbidden bit set");
    obu.type = static_cast<ObuType>(first >> 3 & 0xf);
    obu.header[0] = std::byte(first & ~has_size_flag);
    if ((first & extension_flag) != 0) {
      obu.header[1] = std::byte(reader.u8());
      obu.header_size = 2;
    }
    const std::size_t size = (first & has_size_flag) != 0 ? read_leb128(reader) : reader.left();
    obu.payload = reader.take(size);
    if (reader.failed()) return invalid("OBU runs past the end of the temporal unit");
    obus.push_back(obu);
  }
  return {};
}

Result<Av1Level> read_sequence_header(Bytes payload) {
  BitReader bits(payload);
  Av1Level level;
  level.profile = static_cast<std::uint8_t>(bits.bits(3));
  bits.skip(1);  // still_picture
  level.reduced_still_picture_header = bits.flag();
  if (level.reduced_still_picture_header) {
    level.level_idx = static_cast<std::uint8_t>(bits.bits(5));
  } else {
    if (bits.flag()) skip_timing_info(bits);
    // initial_display_delay_present_flag, operating_points_cnt_minus_1, the first operating_point_idc: the
    // first point is that of all layers
    bits.skip(1 + 5 + 12);
    level.level_idx = static_cast<std::uint8_t>(bits.bits(5));
    if (level.level_idx > 7) level.tier = static_cast<std::uint8_t>(bits.bits(1));
  }
  if (bits.failed()) return invalid("AV1 sequence header is cut short");
  return level;
}

std::size_t leb128_size(std::size_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

void write_leb128(std::size_t value, MutableBytes to) {
  for (std::byte& byte : to) {
    byte = std::byte(value & 0x7f) | std::byte{value >= 0x80 ? std::uint8_t{0x80} : std::uint8_t{0}};
    value >>= 7;
  }
}

}  // namespace lectern::payload
