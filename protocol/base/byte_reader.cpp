#include "protocol/base/byte_reader.h"

namespace lectern {

Bytes ByteReader::take(std::size_t size) {
  if (size > left()) {
    failed_ = true;
    position_ = bytes_.size();
    return {};
  }
  const Bytes taken = bytes_.subspan(position_, size);
  position_ += size;
  return taken;
}

std::uint64_t ByteReader::big_endian(std::size_t size) {
  std::uint64_t value = 0;
  for (const std::byte b : take(size)) value = value << 8 | std::to_integer<std::uint64_t>(b);
  return value;
}

std::uint8_t ByteReader::u8() {
  return static_cast<std::uint8_t>(big_endian(1));
}
std::uint16_t ByteReader::u16() {
  return static_cast<std::uint16_t>(big_endian(2));
}
std::uint32_t ByteReader::u24() {
  return static_cast<std::uint32_t>(big_endian(3));
}
std::uint32_t ByteReader::u32() {
  return static_cast<std::uint32_t>(big_endian(4));
}
std::uint64_t ByteReader::u64() {
  return big_endian(8);
}

}  // namespace lectern
