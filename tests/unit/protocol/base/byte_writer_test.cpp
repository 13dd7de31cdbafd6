#include "protocol/base/byte_writer.h"

#include <array>
#include <catch2/catch.hpp>

#include "protocol/base/base64.h"

using namespace lectern;

TEST_CASE("a writer writes big-endian numbers in order", "[base]") {
  std::array<std::byte, 16> memory{};
  ByteWriter writer(memory);
  writer.u8(1).u16(0x0203).u24(0x040506).u32(0x0708090a).text("xy").zeros(2);
  CHECK(hex_encode(writer.written()) == "0102030405060708090a78790000");
  CHECK(writer.left() == 2);
  CHECK_FALSE(writer.failed());
}

TEST_CASE("a write past the end writes nothing more", "[base]") {
  std::array<std::byte, 3> memory{};
  ByteWriter writer(memory);
  writer.u16(0xffff).u32(0x01010101).u8(7);
  CHECK(writer.failed());
  CHECK(hex_encode(writer.written()) == "ffff");
}
