#include "media/segment_cache.h"

#include <catch2/catch.hpp>

using namespace lectern::media;

namespace {

std::shared_ptr<const Segment> empty() {
  return std::make_shared<Segment>();
}
const std::size_t one = empty()->memory();

}  // namespace

TEST_CASE("the cache stays within its bound, and what was used least recently goes first") {
  SegmentCache cache(3 * one);
  const auto first = empty();
  cache.insert({1, 0}, first);
  cache.insert({1, 1}, empty());
  cache.insert({2, 0}, empty());
  CHECK(cache.memory() == 3 * one);
  CHECK(cache.find({1, 0}) == first);  // now the most recent
  cache.insert({2, 1}, empty());
  CHECK(cache.memory() == 3 * one);
  CHECK(cache.find({1, 1}) == nullptr);
  CHECK(cache.find({1, 0}) == first);
  CHECK(cache.find({2, 0}) != nullptr);
  CHECK(cache.find({2, 1}) != nullptr);
}

TEST_CASE("segments of several assets, and whole ones and random access points, are kept apart") {
  SegmentCache cache(100 * one);
  const auto whole = empty(), point = empty(), other = empty();
  cache.insert({1, 7, false}, whole);
  cache.insert({1, 7, true}, point);
  cache.insert({2, 7, false}, other);
  CHECK(cache.find({1, 7, false}) == whole);
  CHECK(cache.find({1, 7, true}) == point);
  CHECK(cache.find({2, 7, false}) == other);
  CHECK(cache.find({2, 7, true}) == nullptr);
}

TEST_CASE("what is there is not replaced, and what is larger than the cache is not kept") {
  SegmentCache cache(one);
  const auto first = empty();
  cache.insert({1, 0}, first);
  cache.insert({1, 0}, empty());
  CHECK(cache.find({1, 0}) == first);
  CHECK(cache.memory() == one);
  SegmentCache tiny(one - 1);
  tiny.insert({1, 0}, empty());
  CHECK(tiny.find({1, 0}) == nullptr);
  CHECK(tiny.memory() == 0);
}
