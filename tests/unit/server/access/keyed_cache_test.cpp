#include "server/access/keyed_cache.h"

#include <catch2/catch.hpp>

using lectern::server::KeyedCache;
using namespace std::chrono_literals;

TEST_CASE("a verdict is remembered for its time", "[access]") {
  KeyedCache cache(10, 5s);
  const KeyedCache::Time now{1h};
  CHECK_FALSE(cache.get("a", now));
  cache.put("a", 7, now);
  CHECK(cache.get("a", now + 4999ms) == 7);
  CHECK_FALSE(cache.get("b", now));
  CHECK_FALSE(cache.get("a", now + 5s));
  cache.put("a", 8, now + 5s);
  CHECK(cache.get("a", now + 6s) == 8);
}

TEST_CASE("a cache has its bound, and one of no time keeps nothing", "[access]") {
  const KeyedCache::Time now{1h};
  KeyedCache cache(2, 5s);
  cache.put("old", 1, now - 5s);
  cache.put("a", 1, now);
  cache.put("b", 1, now);
  CHECK(cache.get("a", now));
  cache.put("c", 1, now);
  CHECK_FALSE(cache.get("a", now));
  CHECK(cache.get("c", now));
  KeyedCache none(2, 0s);
  none.put("a", 1, now);
  CHECK_FALSE(none.get("a", now));
}
