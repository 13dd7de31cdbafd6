#include "protocol/base/result.h"

#include <catch2/catch.hpp>
#include <memory>

using namespace lectern;

TEST_CASE("a result holds a value or an error", "[base]") {
  Result<int> good = 7;
  REQUIRE(good);
  CHECK(*good == 7);
  Result<int> bad = invalid("no");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == Errc::invalid);
  CHECK(bad.error().message == "no");
  CHECK(Status{}.ok());
  CHECK_FALSE(Status{unsupported("x")}.ok());
}

TEST_CASE("a result moves what it holds", "[base]") {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  const std::unique_ptr<int> moved = *std::move(result);
  CHECK(*moved == 3);
}
