#include "media/segment_index.h"

#include <catch2/catch.hpp>
#include <set>

#include "tests/support/mutation.h"

using namespace lectern::media;

namespace {

constexpr MediaTime second = 1'000'000;

Boundary at(MediaTime cut, bool random_access = true) {
  Boundary boundary;
  boundary.cut = cut;
  boundary.random_access = random_access;
  return boundary;
}

}  // namespace

TEST_CASE("an index finds the random access point at or before a time") {
  SegmentIndex index;
  for (const auto& boundary : {at(0), at(second), at(3 * second, false), at(5 * second)}) index.add(boundary);
  CHECK(index.find(-second) == 0);
  CHECK(index.find(second - 1) == 0);
  CHECK(index.find(second) == 1);
  CHECK(index.find(4 * second) == 1);
  CHECK(index.find(5 * second) == 3);
  CHECK(index.find(500 * second) == 3);
}

TEST_CASE("an index that grows tells what of it is final") {
  SegmentIndex index;
  CHECK(!index.covers(0));
  for (int i = 0; i < 3; ++i) index.add(at(i * second));
  CHECK(index.knows(0));
  CHECK(!index.knows(1));
  CHECK(index.covers(2 * second - 1));
  CHECK(!index.covers(2 * second));
  index.finish(3 * second);
  CHECK(index.knows(2));
  CHECK(!index.knows(3));
  CHECK(index.covers(100 * second));
  CHECK(index.end() == 3 * second);
}

TEST_CASE("a range begins to read where all tracks' units are found") {
  SegmentIndex index;
  for (int i = 0; i < 10; ++i) index.add(at(i * second));
  index.finish(10 * second);
  CHECK(!index.range(0).early);
  CHECK(!index.range(1).early);  // the first boundary may have units before it
  REQUIRE(index.range(5).early);
  CHECK(index.range(5).early->cut == 4 * second);
  CHECK(index.range(5).next->cut == 6 * second);
  CHECK(!index.range(9).next);
  index.note_lead(5 * second / 2);
  CHECK(index.range(5).early->cut == 2 * second);
  CHECK(!index.range(3).early);
  index.note_lag(4 * second);
  CHECK(index.range(5).lag >= 4 * second);
}

TEST_CASE("segments begin at random access points a second apart, and anywhere once they are long or large") {
  BoundaryPlanner planner(false);
  CHECK(planner.begins_segment(0, true, 10));
  CHECK(!planner.begins_segment(second / 2, true, 10));
  CHECK(!planner.begins_segment(second, false, 10));
  CHECK(planner.begins_segment(second, true, 10));
  CHECK(!planner.begins_segment(3 * second - 1, false, 10));
  CHECK(planner.begins_segment(3 * second, false, 10));
  planner.count(4 * 1024 * 1024);
  CHECK(planner.begins_segment(3 * second + 1, false, 10));
  // The next random access point does not wait for its second.
  CHECK(planner.begins_segment(3 * second + 2, true, 10));
  CHECK(!planner.begins_segment(3 * second + 3, true, 10));
}

TEST_CASE("untimed video waits longer for a random access point, though not for ever") {
  BoundaryPlanner planner(true);
  CHECK(planner.begins_segment(0, true, 10));
  CHECK(!planner.begins_segment(15 * second, false, 10));
  CHECK(planner.begins_segment(16 * second, false, 10));
  CHECK(planner.begins_segment(17 * second, true, 10));
  planner.count(4 * 1024 * 1024);
  CHECK(!planner.begins_segment(17 * second + 1, false, 10));
  planner.count(28 * 1024 * 1024);
  CHECK(planner.begins_segment(17 * second + 2, false, 10));
}

TEST_CASE("another track begins segments only while the anchor pauses") {
  BoundaryPlanner planner(false);
  CHECK(!planner.begins_in_pause(0, 10));
  CHECK(!planner.begins_in_pause(9 * second, 10));
  CHECK(planner.begins_in_pause(10 * second, 10));
  CHECK(!planner.begins_in_pause(11 * second, 10));
  CHECK(planner.begins_segment(12 * second, true, 10));
  CHECK(!planner.begins_in_pause(21 * second, 10));
  CHECK(planner.begins_in_pause(22 * second, 10));
}

namespace {

/// The boundaries of a film with key frames at `keys` (frame numbers), and `rate` frames a second.
SegmentIndex planned(int frames, int rate, const std::set<int>& keys) {
  BoundaryPlanner planner(false);
  SegmentIndex index;
  for (int i = 0; i < frames; ++i) {
    const MediaTime dts = i * second / rate;
    if (planner.begins_segment(dts, keys.contains(i), 1000)) index.add(at(dts, keys.contains(i)));
  }
  index.finish(frames * second / rate);
  return index;
}

std::set<int> every(int frames, int step) {
  std::set<int> keys;
  for (int i = 0; i < frames; i += step) keys.insert(i);
  return keys;
}

/// Key frames that begin no segment of their own although none did within the last second.
int hidden(const SegmentIndex& index, int rate, const std::set<int>& keys) {
  int missing = 0;
  for (const int key : keys) {
    const MediaTime dts = key * second / rate;
    const MediaTime found = index.at(index.find(dts)).cut;
    // Within a second of the one that begins the segment it is in that segment, where it is found too.
    const std::size_t k = index.find(dts);
    const bool inside = k + 1 == index.size() || dts < index.at(k + 1).cut;
    if (found != dts && !(inside && dts - found < second)) ++missing;
  }
  return missing;
}

}  // namespace

TEST_CASE("every key frame is found, whatever their distance") {
  CHECK(hidden(planned(30 * 600, 30, every(30 * 600, 250)), 30, every(30 * 600, 250)) == 0);
  CHECK(hidden(planned(25 * 600, 25, every(25 * 600, 60)), 25, every(25 * 600, 60)) == 0);
  lectern::test::Random random(5);
  for (int round = 0; round < 20; ++round) {
    std::set<int> cuts{0};
    for (int i = 0; i < 25 * 300; i += 1 + static_cast<int>(random.below(250))) cuts.insert(i);
    CAPTURE(round);
    CHECK(hidden(planned(25 * 300, 25, cuts), 25, cuts) == 0);
  }
  // Regular key frames begin a segment each.
  const auto index = planned(30 * 100, 30, every(30 * 100, 250));
  for (int key = 0; key < 30 * 100; key += 250)
    CHECK(index.at(index.find(key * second / 30)).cut == key * second / 30);
}

TEST_CASE("many tiny units make a segment large, of whatever track they are") {
  BoundaryPlanner planner(false);
  CHECK(planner.begins_segment(0, true, 1));
  int units = 0;
  while (!planner.begins_segment(1, false, 1)) ++units;
  CHECK(units > 4000);
  CHECK(units < 20'000);
  units = 0;
  while (!planner.begins_in_pause(2, 1)) ++units;
  CHECK(units > 4000);
  CHECK(units < 40'000);
  // A large picture is no reason for the sound to cut.
  CHECK(planner.begins_segment(100, true, 30'000'000));
  CHECK(!planner.begins_in_pause(101, 10));
}
