#include "protocol/payload/bit_reader.h"

#include "tests/unit/protocol/payload/cut_packets.h"

using namespace lectern;
using payload::BitReader;
using payload::from_hex;

TEST_CASE("bits are read from the most significant on", "[payload]") {
  const ByteVector bytes = from_hex("a5ff00");
  BitReader bits(bytes);
  CHECK(bits.bits(3) == 5);
  CHECK_FALSE(bits.flag());
  CHECK(bits.bits(8) == 0x5f);
  bits.skip(12);
  CHECK_FALSE(bits.failed());
  CHECK(bits.bits(1) == 0);
  CHECK(bits.failed());
}

TEST_CASE("Exp-Golomb codes are those of H.264 table 9-2", "[payload]") {
  const ByteVector bytes = from_hex("a64298e200");  // 1 010 011 00100 00101 00110 00111 0001000
  BitReader bits(bytes);
  for (std::uint32_t value = 0; value <= 7; ++value) CHECK(bits.exp_golomb() == value);
  CHECK_FALSE(bits.failed());
  const ByteVector zeros = from_hex("0000000000");
  CHECK(BitReader(zeros).exp_golomb() == 0xffffffff);
  const ByteVector few_zeros = from_hex("0000");
  BitReader few(few_zeros);
  CHECK(few.exp_golomb() == 0);
  CHECK(few.failed());
}

TEST_CASE("emulation prevention bytes are passed over where they are told", "[payload]") {
  const ByteVector bytes = from_hex("000003010003");
  BitReader escaped(bytes, BitReader::Escapes::emulation_prevention);
  CHECK(escaped.bits(32) == 0x00000100);
  CHECK(escaped.bits(8) == 3);
  BitReader plain(bytes);
  CHECK(plain.bits(32) == 0x00000301);
}
