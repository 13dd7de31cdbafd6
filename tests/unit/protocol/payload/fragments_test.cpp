#include "protocol/payload/fragments.h"

#include <catch2/catch.hpp>

using lectern::payload::fragment_size;

TEST_CASE("fragments are as few as possible and equal but the last", "[payload]") {
  CHECK(fragment_size(0, 10) == 0);
  CHECK(fragment_size(10, 10) == 10);
  CHECK(fragment_size(11, 10) == 6);
  CHECK(fragment_size(21, 10) == 7);
  CHECK(fragment_size(1, 1) == 1);
}
