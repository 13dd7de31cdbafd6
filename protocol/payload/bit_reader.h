#pragma once

#include "protocol/base/bytes.h"

namespace lectern::payload {

/// Reads the bit fields of codec headers, most significant bit first. A read past the end gives zeroes and
/// latches failed().
class BitReader {
 public:
  /// NAL units carry an emulation prevention byte after two zeroes (ITU-T H.264 section 7.4.1), which is no
  /// part of the syntax.
  enum class Escapes { none, emulation_prevention };

  explicit BitReader(Bytes bytes, Escapes escapes = Escapes::none) : bytes_(bytes), escapes_(escapes) {}

  /// `count` up to 32.
  std::uint32_t bits(unsigned count);
  bool flag() { return bits(1) != 0; }
  void skip(unsigned count);
  /// Exp-Golomb, ue(v) of ITU-T H.264 section 9.1 (and uvlc() of AV1 section 4.10.3); 2^32 - 1 where it
  /// has more than 31 leading zeroes.
  std::uint32_t exp_golomb();
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  bool next_byte();

  Bytes bytes_;
  Escapes escapes_;
  std::size_t position_ = 0;
  std::uint8_t current_ = 0;
  unsigned left_ = 0;
  unsigned zeros_ = 0;
  bool failed_ = false;
};

}  // namespace lectern::payload
