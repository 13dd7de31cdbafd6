#include "server/rtsp/random.h"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <set>

using namespace lectern::server;

TEST_CASE("A session id is 32 hexadecimal digits, never the same", "[random]") {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = random_session_id();
    REQUIRE(id.size() == 32);
    REQUIRE(std::all_of(id.begin(), id.end(),
                        [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }));
    ids.insert(id);
  }
  CHECK(ids.size() == 1000);
}

TEST_CASE("All 32 bits are random, and fractions stay below one", "[random]") {
  int ones = 0;
  std::uint32_t any = 0, all = ~0u;
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t value = random_u32();
    any |= value;
    all &= value;
    ones += std::popcount(value);
  }
  CHECK(any == ~0u);
  CHECK(all == 0);
  CHECK(std::abs(ones - 16'000) < 800);  // nine standard deviations
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    const double fraction = random_fraction();
    REQUIRE((fraction >= 0 && fraction < 1));
    sum += fraction;
  }
  CHECK(std::abs(sum / 1000 - 0.5) < 0.09);
}
