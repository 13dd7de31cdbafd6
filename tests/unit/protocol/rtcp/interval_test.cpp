#include "protocol/rtcp/interval.h"

#include <catch2/catch.hpp>

using namespace lectern::rtcp;
using std::chrono::microseconds;

TEST_CASE("few members report each five seconds, the first time after half of it", "[rtcp]") {
  IntervalState state{2, 1, rtcp_bandwidth(1'000'000), 100, true, false};
  CHECK(deterministic_interval(state) == microseconds(5'000'000));
  state.initial = true;
  CHECK(deterministic_interval(state) == microseconds(2'500'000));
  CHECK(deterministic_interval({}) == microseconds(5'000'000));
}

TEST_CASE("many members share the bandwidth", "[rtcp]") {
  CHECK(rtcp_bandwidth(64'000) == Approx(400));
  // 99 receivers of 120 octets in 300 octets a second.
  CHECK(deterministic_interval({100, 1, 400, 120, false, false}) == microseconds(39'600'000));
  // 20 senders of 120 octets in 100 octets a second.
  CHECK(deterministic_interval({100, 20, 400, 120, true, false}) == microseconds(24'000'000));
  // More than a quarter are senders: all are alike.
  CHECK(deterministic_interval({100, 26, 400, 120, true, false}) == microseconds(30'000'000));
  CHECK(deterministic_interval({100, 26, 400, 120, false, false}) == microseconds(30'000'000));
}

TEST_CASE("the interval is randomized by a half to one and a half, over e - 3/2", "[rtcp]") {
  const IntervalState state{2, 1, 0, 0, true, false};
  CHECK(transmission_interval(state, 0).count() == 2'052'070);
  CHECK(transmission_interval(state, 0.5).count() == 4'104'140);
  CHECK(transmission_interval(state, 1).count() == 6'156'211);
}

TEST_CASE("senseless input gives a sensible interval", "[rtcp]") {
  CHECK(deterministic_interval({0, 0, -1, 100, false, false}) == microseconds(5'000'000));
  CHECK(deterministic_interval({0xffffffff, 0, 1e-9, 1500, false, false}) == microseconds(3'600'000'000));
  CHECK(deterministic_interval({2, 7, 1000, 100, true, false}) == microseconds(5'000'000));
}

TEST_CASE("the average size follows by a sixteenth", "[rtcp]") {
  CHECK(updated_average_size(100, 100) == Approx(100));
  CHECK(updated_average_size(100, 260) == Approx(110));
}
