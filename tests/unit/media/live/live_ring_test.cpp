#include "media/live/live_ring.h"

#include <catch2/catch.hpp>

#include "tests/support/live_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

/// Pieces of one picture each, one a second; a capital letter is a random access point.
struct Fixture {
  explicit Fixture(LiveRingLimits limits) : ring(limits) {}
  void push(std::string_view letters, std::size_t size = 100) {
    for (const char letter : letters) {
      Units units;
      units.push_back(live_unit(0, time, letter < 'a', letter, size).unit);
      auto piece = std::make_shared<LivePiece>();
      piece->segment = SegmentBuilder(tracks).seal(std::move(units), false);
      piece->number = ring.next();
      piece->random_access = letter < 'a';
      piece->arrived = time += 1'000'000;
      ring.push(std::move(piece));
    }
  }
  std::string held() const {
    std::string all;
    for (const auto& piece : ring.pieces()) {
      const Segment& segment = *piece->segment;
      all += static_cast<char>(segment.payload(segment.packets(segment.trains()[0])[0])[0]);
    }
    return all;
  }

  std::vector<Track> tracks{cut_track("video")};
  LiveRing ring;
  MediaTime time = 0;
};

}  // namespace

TEST_CASE("a ring begins with a random access point, which stays until the next is old enough") {
  Fixture f({64 << 20, 60'000'000, 2'000'000});
  f.push("AbcDe");
  CHECK(f.held() == "AbcDe");
  f.push("f");
  CHECK(f.held() == "Def");
  CHECK(f.ring.oldest() == 3);
  f.push("GH");
  CHECK(f.held() == "DefGH");
  f.push("i");
  CHECK(f.held() == "GHi");
  f.push("j");
  CHECK(f.held() == "Hij");
  f.push("klmnop");
  CHECK(f.held() == "Hijklmnop");
}

TEST_CASE("without tolerance a ring begins with the newest random access point") {
  Fixture f({64 << 20, 60'000'000, 0});
  f.push("abC");
  CHECK(f.held() == "C");
  f.push("deF");
  CHECK(f.held() == "F");
}

TEST_CASE("a ring is bounded in time and in bytes, be it within a group of pictures") {
  Fixture time({64 << 20, 5'000'000, 2'000'000});
  time.push("Abcdefgh");
  CHECK(time.held() == "cdefgh");
  time.push("I");
  CHECK(time.held() == "defghI");

  Fixture bytes({300'000, 60'000'000, 60'000'000});
  bytes.push("Abcdefgh", 60'000);
  CHECK(bytes.held() == "efgh");
  CHECK(bytes.ring.memory() > 240'000);
  CHECK(bytes.ring.memory() <= 300'000);
  bytes.push("I", 1'000'000);
  CHECK(bytes.held() == "I");
  bytes.ring.clear();
  CHECK(bytes.ring.memory() == 0);
  CHECK(bytes.ring.oldest() == 9);
  CHECK(bytes.ring.next() == 9);
  bytes.push("j");
  CHECK(bytes.held() == "j");
}
