#include "media/live/backoff.h"

#include <catch2/catch.hpp>

using namespace lectern::media;
using std::chrono::milliseconds;

TEST_CASE("each pause is about twice as long as the one before, up to a limit") {
  for (std::uint32_t seed = 1; seed < 50; ++seed) {
    Backoff backoff(milliseconds(500), milliseconds(30'000), seed);
    for (const int about : {500, 1000, 2000, 4000, 8000, 16'000, 30'000, 30'000}) {
      const auto pause = backoff.next().count();
      CHECK(pause >= about * 3 / 4);
      CHECK(pause <= about * 5 / 4);
    }
    backoff.reset();
    CHECK(backoff.next().count() <= 625);
  }
  CHECK(Backoff(milliseconds(500), milliseconds(500), 1).next() !=
        Backoff(milliseconds(500), milliseconds(500), 2).next());
}
