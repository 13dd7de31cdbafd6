#include "media/file_cursor.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <tuple>
#include <utility>

#include "tests/support/asset_reading.h"
#include "tests/support/made_media.h"
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

TEST_CASE("key frames soon after a forced cut are found by seeking, and shown when playing fast") {
  // 8.33 s from one to the next, as x264 has it by default: less than a second after a cut at 8 s.
  Fixture f(made("keyint250.mp4",
                 "-f lavfi -i testsrc2=size=160x120:rate=30:duration=52 -c:v libx264 -preset ultrafast"
                 " -g 250 -keyint_min 250 -sc_threshold 0"));
  for (int key = 0; key * 250 < 52 * 30; ++key) {
    const MediaTime time = key * 250 * 1'000'000LL / 30;
    const auto start = f.reader.start({time + 200'000, std::nullopt, 1});
    REQUIRE(start);
    CHECK(std::abs(start->position - time) < 1000);
  }
  ReadRequest request{0, std::nullopt, 1, true, false, 400'000};
  REQUIRE(f.reader.start(request));
  CHECK(f.reader.read().size() == 7);
}

namespace {

using Told = std::vector<std::tuple<unsigned, MediaTime, std::int64_t>>;

void append(Told& told, const std::vector<Train>& trains) {
  for (const Train& train : trains) told.emplace_back(train.track, train.due, train.pts_ticks);
}

}  // namespace

TEST_CASE("a cursor that rests keeps its place and no segment, and goes on as if it had not") {
  for (const std::size_t cache : {std::size_t{64} << 20, std::size_t{1}}) {
    Fixture f(clip(), cache);
    for (const bool points_only : {false, true}) {
      const ReadRequest request{2'300'000,   std::nullopt, points_only ? TrackMask{1} : both,
                                points_only, false,        0};
      REQUIRE(f.reader.start(request));
      Told straight, rested;
      append(straight, f.reader.read());
      REQUIRE(f.reader.start(request));
      for (std::size_t step = 1;; step = step * 2 + 1) {
        append(rested, f.reader.read(step));
        if (f.reader.cursor->state() == Cursor::State::ended) break;
        const ReadStart before = f.reader.cursor->here();
        f.reader.cursor->rest();
        f.reader.cursor->release();
        CHECK(!f.reader.cursor->holds_read());
        CHECK(f.reader.cursor->state() == Cursor::State::waiting);
        CHECK(f.reader.cursor->here().position == before.position);
        CHECK(f.reader.cursor->here().first_ticks == before.first_ticks);
        REQUIRE(f.reader.cursor->extend(std::nullopt));
        CHECK(f.reader.cursor->here().position == before.position);
        f.reader.cursor->rest();  // also while it is loaded again
        REQUIRE(f.reader.cursor->extend(std::nullopt));
      }
      CHECK(rested == straight);
    }
    // At a limit it goes on, at the end it does not.
    REQUIRE(f.reader.start({0, 3'000'000, both}));
    const auto first = f.reader.read();
    f.reader.cursor->rest();
    CHECK(f.reader.cursor->state() == Cursor::State::ended);
    REQUIRE(f.reader.cursor->extend(std::nullopt));
    CHECK(first.size() + f.reader.read().size() > 800);
    f.reader.cursor->rest();
    CHECK(f.reader.cursor->state() == Cursor::State::ended);
    CHECK(!f.reader.cursor->extend(std::nullopt));
  }
}

TEST_CASE("a start names the first unit of each track, also of one that begins in the next segment") {
  // Sound from 2.5 s on.
  const auto late = made("sound-at-2.5.mp4", "-i " + clip().string() + " -itsoffset 2.5 -i " +
                                                 clip().string() + " -map 0:v -map 1:a -c copy");
  for (const std::size_t cache : {std::size_t{64} << 20, std::size_t{1}}) {
    Fixture f(late, cache);
    const auto start = f.reader.start({1'200'000, std::nullopt, both});
    REQUIRE(start);
    REQUIRE(start->first_ticks[0]);
    REQUIRE(start->first_ticks[1]);
    const auto trains = f.reader.read();
    const auto sound =
        std::find_if(trains.begin(), trains.end(), [](const Train& t) { return t.track == 1; });
    REQUIRE(sound != trains.end());
    CHECK(*start->first_ticks[1] == sound->pts_ticks);

    // Near the end of a segment what is next of a track stands in the one ahead.
    Fixture g(clip(), cache);
    REQUIRE(g.reader.start({0, std::nullopt, both}));
    while (g.reader.cursor->state() == Cursor::State::ready && g.reader.settle() == Cursor::State::ready) {
      const ReadStart here = g.reader.cursor->here();
      const Segment& segment = g.reader.cursor->segment();
      const bool last = &g.reader.cursor->train() == &segment.trains().back();
      if (last && g.asset->cached(1, false)) {
        CHECK(here.first_ticks[0]);
        CHECK(here.first_ticks[1]);
        break;
      }
      g.reader.cursor->advance();
    }
  }
}

TEST_CASE("playing fast begins with the first random access point, however late it is") {
  const std::string whole = content(clip_as("clip.ts"));
  const auto middle = made_media_directory() / "unit" / "middle-of-gop.ts";
  // Without the first second and a half or so: what is left begins between two key frames.
  write_file(middle, whole.substr(0, 188 * 3) + whole.substr(188 * (whole.size() / 188 / 8)));
  Fixture f(middle);
  ReadRequest request{0, std::nullopt, 1, true, false, 0};
  REQUIRE(f.reader.start(request));
  const auto points = f.reader.read();
  CHECK(points.size() >= 9);
  for (const Train& point : points) CHECK(point.random_access);
}
