#pragma once

#include "protocol/base/bytes.h"

namespace lectern {

/// Bounds-checked big-endian reader. A read past the end gives zeroes and latches failed(), so that a
/// format is read straight through and checked once.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u24();
  std::uint32_t u32();
  std::uint64_t u64();
  /// The next `size` bytes; empty and failed() where fewer are left.
  Bytes take(std::size_t size);
  void skip(std::size_t size) { take(size); }

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - position_; }
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] Bytes rest() const { return bytes_.subspan(position_); }

 private:
  std::uint64_t big_endian(std::size_t size);

  Bytes bytes_;
  std::size_t position_ = 0;
  bool failed_ = false;
};

}  // namespace lectern
