#include "server/access/nonce_counts.h"

#include <catch2/catch.hpp>

using lectern::server::NonceCounts;

TEST_CASE("no count of a nonce is taken twice", "[access]") {
  NonceCounts counts(10);
  CHECK(counts.use(1, 1));
  CHECK_FALSE(counts.use(1, 1));
  CHECK(counts.use(1, 2));
  CHECK(counts.use(2, 1));
  // Two connections overtake each other.
  CHECK(counts.use(1, 5));
  CHECK(counts.use(1, 4));
  CHECK_FALSE(counts.use(1, 4));
  CHECK(counts.use(1, 3));
  CHECK_FALSE(counts.use(1, 5));
  CHECK_FALSE(counts.use(1, 2));
}

TEST_CASE("a count that is far behind is not taken", "[access]") {
  NonceCounts counts(10);
  CHECK(counts.use(1, 100));
  CHECK(counts.use(1, 37));
  CHECK_FALSE(counts.use(1, 36));
  CHECK_FALSE(counts.use(1, 37));
  CHECK(counts.use(1, 164));
  CHECK_FALSE(counts.use(1, 100));
  CHECK(counts.use(1, 101));
  CHECK(counts.use(1, 0xffffffff));
  CHECK_FALSE(counts.use(1, 0xffffffff));
  CHECK(counts.use(1, 0xfffffffe));
}

TEST_CASE("the oldest nonce is given up, and is then worth nothing", "[access]") {
  NonceCounts counts(3);
  for (std::uint64_t serial = 1; serial <= 4; ++serial) CHECK(counts.use(serial, 1));
  CHECK_FALSE(counts.use(1, 1));
  CHECK_FALSE(counts.use(1, 2));
  CHECK(counts.use(2, 2));
  // One that is older than all that are kept would be the next to go.
  CHECK(counts.use(9, 1));
  CHECK_FALSE(counts.use(2, 3));
  CHECK(counts.use(3, 2));
}
