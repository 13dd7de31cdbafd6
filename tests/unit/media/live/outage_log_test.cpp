#include "media/live/outage_log.h"

#include <catch2/catch.hpp>

using namespace lectern::media;

namespace {

constexpr std::int64_t second = 1'000'000;

}  // namespace

TEST_CASE("an outage is told once, and not with each try") {
  OutageLog log;
  CHECK(log.back(5 * second).empty());
  CHECK(log.failed("refused", 10 * second) == "away: refused");
  for (int i = 11; i < 600; ++i) REQUIRE(!log.failed("refused", i * second));
  CHECK(log.failed("refused", 610 * second) == "still away, for 10 min and 591 tries: refused");
  CHECK(!log.failed("refused", 611 * second));
  // Each time it takes twice as long until it is told again.
  CHECK(!log.failed("refused", (610 + 1199) * second));
  CHECK(log.failed("refused", (610 + 1200) * second) == "still away, for 30 min and 594 tries: refused");
  CHECK(log.back(2 * 3600 * second + 10 * second) == ", after 2 h away and 594 tries");
  CHECK(log.back(3 * 3600 * second).empty());
}

TEST_CASE("each reason is told once an outage, and not endlessly many") {
  OutageLog log;
  CHECK(log.failed("came to its end", 0) == "away: came to its end");
  CHECK(log.failed("refused", second) == "away: refused");
  CHECK(!log.failed("came to its end", 2 * second));
  CHECK(!log.failed("refused", 3 * second));
  for (int i = 0; i < 3; ++i) CHECK(log.failed("reason " + std::to_string(i), 4 * second));
  for (int i = 3; i < 100; ++i) CHECK(!log.failed("reason " + std::to_string(i), 5 * second));
  CHECK(log.back(7 * second) == ", after 7 s away and 104 tries");
  // The next outage is another one.
  CHECK(log.failed("refused", 20 * second) == "away: refused");
  CHECK(log.back(21 * second) == ", after 1 s away and 1 try");
}
