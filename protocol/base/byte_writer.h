#pragma once

#include "protocol/base/bytes.h"

namespace lectern {

/// Bounds-checked big-endian writer into memory of the caller's. A write past the end writes nothing and
/// latches failed().
class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes bytes) : bytes_(bytes) {}

  ByteWriter& u8(std::uint8_t value) { return big_endian(value, 1); }
  ByteWriter& u16(std::uint16_t value) { return big_endian(value, 2); }
  ByteWriter& u24(std::uint32_t value) { return big_endian(value, 3); }
  ByteWriter& u32(std::uint32_t value) { return big_endian(value, 4); }
  ByteWriter& u64(std::uint64_t value) { return big_endian(value, 8); }
  ByteWriter& bytes(Bytes bytes);
  ByteWriter& text(std::string_view text) { return bytes(as_bytes(text)); }
  ByteWriter& zeros(std::size_t count);

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t size() const { return position_; }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - position_; }
  [[nodiscard]] Bytes written() const { return bytes_.first(position_); }

 private:
  ByteWriter& big_endian(std::uint64_t value, std::size_t size);
  MutableBytes claim(std::size_t size);

  MutableBytes bytes_;
  std::size_t position_ = 0;
  bool failed_ = false;
};

}  // namespace lectern
