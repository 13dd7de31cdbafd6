#include "protocol/rtcp/reception_quality.h"

#include <catch2/catch.hpp>

using namespace lectern::rtcp;
using std::chrono::microseconds;

TEST_CASE("reception is what the last report says, and the worst so far", "[rtcp]") {
  ReceptionQuality quality(0x11223344, 8000);
  CHECK_FALSE(quality.round_trip_time());
  CHECK(quality.update({0x11223344, 64, 7, 0x59d, 80, 0xb7052000, 0x00054000}, 0xb7108000));
  CHECK(quality.update({0x11223344, 32, -1, 0x6ff, 8, 0xb7108000, 0x00010000}, 0xb711c000));
  CHECK(quality.reports() == 2);
  CHECK(quality.fraction_lost() == 0.125);
  CHECK(quality.max_fraction_lost() == 0.25);
  CHECK(quality.cumulative_lost() == -1);
  CHECK(quality.extended_highest_sequence() == 0x6ff);
  CHECK(quality.jitter() == microseconds(1'000));
  CHECK(quality.max_jitter() == microseconds(10'000));
  CHECK(quality.round_trip_time() == microseconds(250'000));
  CHECK(quality.max_round_trip_time() == microseconds(6'125'000));
}

TEST_CASE("a block about another source changes nothing", "[rtcp]") {
  ReceptionQuality quality(1, 90000);
  CHECK_FALSE(quality.update({2, 255, 1, 1, 1, 1, 1}, 1));
  CHECK(quality.reports() == 0);
  CHECK(quality.fraction_lost() == 0);
}

TEST_CASE("a receiver without a sender report has no round trip, and 0 Hz no jitter", "[rtcp]") {
  ReceptionQuality quality(1, 0);
  CHECK(quality.update({1, 0, 0, 1, 0xffffffff, 0, 0}, 0xb7108000));
  CHECK_FALSE(quality.round_trip_time());
  CHECK(quality.max_jitter() == microseconds(0));
}
