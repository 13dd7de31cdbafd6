#include "server/loop/file_descriptor.h"

#include <catch2/catch.hpp>

using namespace lectern::server;

TEST_CASE("connections leave descriptors for files, however few there are", "[descriptors]") {
  CHECK(connections_within(1'048'576, 2) == 1'048'304);
  CHECK(connections_within(1024, 2) == 752);
  CHECK(connections_within(1024, 32) == 512);  // each loop has descriptors of its own
  CHECK(connections_within(512, 1) == 256);
  CHECK(connections_within(100, 1) == 50);
  CHECK(connections_within(0, 1) == 1);
  CHECK(connections_within(~std::size_t{0}, 1) > 1'000'000);  // unlimited
}
