#include "protocol/payload/bit_reader.h"

#include <limits>

namespace lectern::payload {

bool BitReader::next_byte() {
  if (escapes_ == Escapes::emulation_prevention && zeros_ >= 2 && position_ < bytes_.size() &&
      u8(bytes_[position_]) == 3) {
    ++position_;
    zeros_ = 0;
  }
  if (position_ >= bytes_.size()) {
    failed_ = true;
    return false;
  }
  current_ = u8(bytes_[position_++]);
  zeros_ = current_ == 0 ? zeros_ + 1 : 0;
  left_ = 8;
  return true;
}

std::uint32_t BitReader::bits(unsigned count) {
  std::uint32_t value = 0;
  for (; count > 0; --count) {
    if (left_ == 0 && !next_byte()) return 0;
    --left_;
    value = value << 1 | (current_ >> left_ & 1U);
  }
  return value;
}

void BitReader::skip(unsigned count) {
  for (; count > 32 && !failed_; count -= 32) bits(32);
  bits(count > 32 ? 0 : count);
}

std::uint32_t BitReader::exp_golomb() {
  unsigned zeros = 0;
  while (!flag()) {
    if (failed_) return 0;
    if (++zeros == 32) return std::numeric_limits<std::uint32_t>::max();
  }
  return zeros == 0 ? 0 : (1U << zeros) - 1 + bits(zeros);
}

}  // namespace lectern::payload
