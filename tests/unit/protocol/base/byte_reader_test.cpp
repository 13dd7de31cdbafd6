#include "protocol/base/byte_reader.h"

#include <catch2/catch.hpp>

using namespace lectern;

TEST_CASE("a reader reads big-endian numbers in order", "[base]") {
  ByteReader reader(as_bytes(std::string_view("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a", 10)));
  CHECK(reader.u8() == 0x01);
  CHECK(reader.u16() == 0x0203);
  CHECK(reader.u24() == 0x040506);
  CHECK(reader.u32() == 0x0708090a);
  CHECK(reader.left() == 0);
  CHECK_FALSE(reader.failed());
}

TEST_CASE("a read past the end gives zero, and stays failed", "[base]") {
  ByteReader reader(as_bytes(std::string_view("\x01\x02", 2)));
  CHECK(reader.u32() == 0);
  CHECK(reader.failed());
  CHECK(reader.u8() == 0);
  CHECK(reader.take(0).empty());
  CHECK(reader.failed());
}
