#include "media/file_cursor.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <utility>

#include "tests/support/asset_reading.h"
#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

constexpr TrackMask both = 3;

std::size_t units(const std::vector<Train>& trains, unsigned track) {
  return static_cast<std::size_t>(std::count_if(trains.begin(), trains.end(), [&](const Train& train) {
    return train.track == track && train.unit_start;
  }));
}

struct Fixture {
  explicit Fixture(const std::filesystem::path& path = clip(), std::size_t cache_bytes = 64 << 20)
      : library(options(cache_bytes)), asset(*open_in(library, path.string())), reader(asset) {
    wait_until_indexed(*asset);
  }
  static LibraryOptions options(std::size_t cache_bytes) {
    LibraryOptions made;
    made.cache_bytes = cache_bytes;
    return made;
  }

  Library library;
  std::shared_ptr<Asset> asset;
  Reader reader;
};

}  // namespace

TEST_CASE("from the beginning to the end everything is read once, in order of due times") {
  for (const std::size_t cache : {std::size_t{64} << 20, std::size_t{1}}) {
    Fixture f(clip(), cache);
    const auto start = f.reader.start({0, std::nullopt, both});
    REQUIRE(start);
    CHECK(start->position == 0);
    const auto trains = f.reader.read();
    CHECK(f.reader.cursor->state() == Cursor::State::ended);
    CHECK(units(trains, 0) == 300);
    CHECK(units(trains, 1) == probe_packets(clip()).size() - 300);
    std::array<MediaTime, 2> due{INT64_MIN, INT64_MIN};
    for (const Train& train : trains) REQUIRE(train.due >= std::exchange(due[train.track], train.due));
    CHECK(start->first_ticks[0] == trains[0].pts_ticks);
    CHECK(f.reader.cursor->holds_read());
    f.reader.cursor->release();
    CHECK(!f.reader.cursor->holds_read());
  }
}

TEST_CASE("in the middle reading begins with the random access point at or before the time") {
  Fixture f;
  for (const MediaTime from : {5'500'000, 5'000'000, 7'999'000, 11'000'000}) {
    CAPTURE(from);
    const auto start = f.reader.start({from, std::nullopt, both});
    REQUIRE(start);
    CHECK(start->position <= from);
    CHECK(start->position > from - 1'100'000);
    const auto trains = f.reader.read(60);
    const auto video =
        std::find_if(trains.begin(), trains.end(), [](const Train& t) { return t.track == 0; });
    REQUIRE(video != trains.end());
    CHECK(video->random_access);
    CHECK(video->pts == start->position);
    CHECK(start->first_ticks[0] == video->pts_ticks);
    const auto audio =
        std::find_if(trains.begin(), trains.end(), [](const Train& t) { return t.track == 1; });
    REQUIRE(audio != trains.end());
    CHECK(std::abs(audio->pts - start->position) < 22'000);
    CHECK(start->first_ticks[1] == audio->pts_ticks);
  }
}

TEST_CASE("one track alone is read alone") {
  Fixture f;
  REQUIRE(f.reader.start({3'000'000, std::nullopt, 2}));
  const auto trains = f.reader.read();
  CHECK(units(trains, 0) == 0);
  CHECK(units(trains, 1) > 400);
}

TEST_CASE("pictures that are shown before an open random access point are left out") {
  Fixture f(made("open.mp4",
                 "-i " + clip().string() +
                     " -an -c:v libx264 -preset veryfast -x264-params open-gop=1:keyint=25:min-keyint=25"
                     " -sc_threshold 0 -bf 3"));
  REQUIRE(f.reader.start({0, std::nullopt, 1}));
  CHECK(units(f.reader.read(), 0) == 300);
  // Of MP4 only true sync samples are marked, as x264 marks all of these.
  const auto start = f.reader.start({6'500'000, std::nullopt, 1});
  REQUIRE(start);
  const auto trains = f.reader.read();
  REQUIRE(!trains.empty());
  CHECK(trains[0].random_access);
  for (const Train& train : trains) CHECK(train.pts >= start->position);
}

TEST_CASE("reading ends at a limit, goes on from there, and a unit that has begun is read to its end") {
  Fixture f;
  REQUIRE(f.reader.start({2'000'000, 4'000'000, both}));
  const auto trains = f.reader.read();
  CHECK(f.reader.cursor->state() == Cursor::State::ended);
  for (const Train& train : trains) CHECK(train.due < 4'000'000);
  CHECK(f.reader.cursor->extend(5'000'000));
  const auto more = f.reader.read();
  CHECK(more.front().due >= 4'000'000);
  CHECK(more.back().due < 5'000'000);
  CHECK(f.reader.cursor->extend(std::nullopt));
  const auto rest = f.reader.read();
  CHECK(!f.reader.cursor->extend(std::nullopt));
  Reader other(f.asset);
  REQUIRE(other.start({2'000'000, std::nullopt, both}));
  CHECK(other.read().size() == trains.size() + more.size() + rest.size());

  Fixture large(made("large.mp4",
                     "-f lavfi -i testsrc2=size=640x360:rate=5:duration=3 -vf noise=alls=60:allf=t"
                     " -c:v libx264 -preset ultrafast -qp 4 -g 5"));
  for (MediaTime to = 1'000'000; to < 1'600'000; to += 50'000) {
    REQUIRE(large.reader.start({0, to, 1}));
    const auto cut = large.reader.read();
    REQUIRE(!cut.empty());
    CAPTURE(to);
    CHECK(large.reader.cursor->state() == Cursor::State::ended);
    // The next train, if there is one, begins a unit.
    REQUIRE(large.reader.cursor->extend(std::nullopt));
    REQUIRE(large.reader.settle() == Cursor::State::ready);
    CHECK(large.reader.cursor->train().unit_start);
  }
}

TEST_CASE("random access points alone are read forwards and backwards, with their spacing") {
  Fixture f;
  ReadRequest request{0, std::nullopt, 1, true, false, 0};
  REQUIRE(f.reader.start(request));
  CHECK(f.reader.read().size() == 12);
  request.spacing = 2'500'000;
  REQUIRE(f.reader.start(request));
  auto points = f.reader.read();
  REQUIRE(points.size() == 4);
  for (std::size_t i = 1; i < points.size(); ++i) CHECK(points[i].due - points[i - 1].due >= 2'500'000);
  request.backwards = true;
  request.from = 9'500'000;
  request.spacing = 1'000'000;
  REQUIRE(f.reader.start(request));
  points = f.reader.read();
  REQUIRE(points.size() == 10);
  for (std::size_t i = 1; i < points.size(); ++i) CHECK(points[i].due < points[i - 1].due);
  CHECK(f.reader.cursor->state() == Cursor::State::ended);
}

TEST_CASE("a second start replaces one that has not begun") {
  Fixture f(clip(), 1);
  bool first = false;
  std::optional<MediaTime> second;
  f.reader.cursor->start({9'000'000, std::nullopt, both}, [&](auto) { first = true; });
  f.reader.cursor->start({2'500'000, std::nullopt, both}, [&](Result<ReadStart> start) {
    REQUIRE(start);
    second = start->position;
  });
  REQUIRE(f.reader.posts.run_until([&] { return second.has_value(); }));
  const auto trains = f.reader.read(200);
  CHECK(!first);
  CHECK(*second <= 2'500'000);
  CHECK(*second >= 1'500'000);
  CHECK(trains.size() == 200);
  for (const Train& train : trains) CHECK(train.due < 6'000'000);
}

TEST_CASE("a waiting cursor wakes its owner, and one that is gone is not called") {
  Fixture f(clip(), 1);
  REQUIRE(f.reader.start({0, std::nullopt, both}));
  bool waited = false;
  for (int i = 0; i < 5000 && !waited; ++i) {
    if (f.reader.cursor->state() == Cursor::State::waiting)
      waited = true;
    else if (f.reader.cursor->state() == Cursor::State::ready)
      f.reader.cursor->advance();
  }
  REQUIRE(waited);
  CHECK(f.reader.wakes == 0);
  CHECK(f.reader.settle() == Cursor::State::ready);
  CHECK(f.reader.wakes == 1);

  auto cursor =
      std::make_shared<FileCursor>(f.asset, f.reader.posts.poster(), [] { FAIL("woken after its end"); });
  bool called = false;
  cursor->start({8'000'000, std::nullopt, both}, [&](auto) { called = true; });
  cursor.reset();
  f.reader.posts.run_until([&] { return called; }, std::chrono::milliseconds(200));
  CHECK(!called);
}
