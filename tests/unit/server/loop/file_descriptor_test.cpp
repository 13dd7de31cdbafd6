#include "server/loop/file_descriptor.h"

#include <catch2/catch.hpp>

using namespace lectern::server;

TEST_CASE("connections leave descriptors for files, however few there are", "[descriptors]") {
  CHECK(connections_within(1'048'576) == 1'048'320);
  CHECK(connections_within(1024) == 768);
  CHECK(connections_within(512) == 256);
  CHECK(connections_within(100) == 50);
  CHECK(connections_within(0) == 1);
  CHECK(connections_within(~std::size_t{0}) > 1'000'000);  // unlimited
}
