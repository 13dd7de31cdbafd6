#include "server/rtsp/request_rate.h"

#include <catch2/catch.hpp>

using lectern::server::RequestRate;

namespace {

constexpr std::int64_t second = 1'000'000;

/// How many requests come through between both times from one that asks at once whenever it may.
int asked(RequestRate& rate, std::int64_t from_us, std::int64_t to_us) {
  int count = 0;
  for (std::int64_t now = from_us; now < to_us; now += rate.wait_us(now)) {
    rate.take(now);
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("What comes within the burst does not wait, what comes after it does", "[request_rate]") {
  RequestRate rate(100, 0);
  for (int i = 0; i < 99; ++i) {
    rate.take(0);
    CHECK(rate.wait_us(0) == 0);
  }
  rate.take(0);
  CHECK(rate.wait_us(0) == second / 100);
  CHECK(rate.wait_us(second / 100) == 0);
}

TEST_CASE("Who asks without end is held to the rate, and has a burst again after a rest", "[request_rate]") {
  RequestRate rate(50, 0);
  CHECK(asked(rate, 0, 10 * second) == 50 + 500 - 1);
  CHECK(asked(rate, 10 * second, 11 * second) == 50);
  CHECK(asked(rate, 60 * second, 61 * second) == 50 + 50 - 1);
}

TEST_CASE("A start of a player fits also where the rate is low", "[request_rate]") {
  RequestRate rate(1, 5 * second);
  for (unsigned i = 1; i < RequestRate::least_burst; ++i) {
    rate.take(5 * second);
    CHECK(rate.wait_us(5 * second) == 0);
  }
  rate.take(5 * second);
  CHECK(rate.wait_us(5 * second) == second);
}
