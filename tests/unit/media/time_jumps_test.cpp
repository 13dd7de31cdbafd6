#include "media/time_jumps.h"

#include <catch2/catch.hpp>

using namespace lectern::media;

TEST_CASE("an offset holds for its track from its position on") {
  const TimeJumps jumps{{100, 0, 5'000'000}, {140, 1, 5'000'000}, {900, 0, -7}};
  CHECK(offset_at(jumps, 0, 99) == 0);
  CHECK(offset_at(jumps, 0, 100) == 5'000'000);
  CHECK(offset_at(jumps, 1, 139) == 0);
  CHECK(offset_at(jumps, 1, 2000) == 5'000'000);
  CHECK(offset_at(jumps, 0, 900) == -7);
  CHECK(offset_at({}, 0, 900) == 0);
}

TEST_CASE("a pause is no jump, and the tracks jump together") {
  CHECK(!jumps_between(1'000'000, 9'000'000));
  CHECK(jumps_between(1'000'000, 12'000'000));
  CHECK(!jumps_between(10'000'000, 8'500'000));
  CHECK(jumps_between(10'000'000, 0));
  CHECK(jump_offset({}, 10'000'000, 0) == 10'000'000);
  CHECK(jump_offset({{5, 0, 10'000'000}}, 9'900'000, 20'000) == 10'000'000);
  CHECK(jump_offset({{5, 0, 10'000'000}}, 30'000'000, 0) == 30'000'000);
}
