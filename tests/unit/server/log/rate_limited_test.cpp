#include "server/log/rate_limited.h"

#include <catch2/catch.hpp>

#include "tests/support/captured_log.h"

using namespace lectern::server;
using lectern::test::CapturedLog;
using namespace std::chrono_literals;

namespace {

const RateLimited::Time start{100h};

}  // namespace

TEST_CASE("one event a second is admitted, the others are counted", "[log]") {
  RateLimited limited(LogLevel::warning);
  CHECK(limited.admit(start) == "");
  CHECK_FALSE(limited.admit(start));
  CHECK_FALSE(limited.admit(start + 999ms));
  CHECK(limited.admit(start + 1s) == " (2 more like this in the last second)");
  CHECK_FALSE(limited.admit(start + 1500ms));
  CHECK(limited.admit(start + 31s) == " (1 more like this in the last 30 s)");
  CHECK(limited.admit(start + 33s) == "");
}

TEST_CASE("the first event of a clock that begins at zero is admitted", "[log]") {
  RateLimited limited(LogLevel::warning);
  CHECK(limited.admit(RateLimited::Time{}) == "");
}

TEST_CASE("admitted events are logged at their level", "[log]") {
  const CapturedLog log(LogLevel::info);
  RateLimited limited(LogLevel::warning);
  limited.log(start, "bad RTCP packet of {} bytes", 3);
  limited.log(start + 1ms, "bad RTCP packet of {} bytes", 4);
  limited.log(start + 1s, "bad RTCP packet of {} bytes", 5);
  CHECK(log.text() ==
        "warning: bad RTCP packet of 3 bytes\n"
        "warning: bad RTCP packet of 5 bytes (1 more like this in the last second)\n");
}

TEST_CASE("events below the level are neither logged nor counted", "[log]") {
  RateLimited limited(LogLevel::debug);
  {
    const CapturedLog log(LogLevel::info);
    limited.log(start, "nothing");
    CHECK(log.text().empty());
  }
  CHECK(limited.admit(start) == "");
}
