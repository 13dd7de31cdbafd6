#include "media/live/live_feed.h"

#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/live_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

/// A Live whose ring holds all that the test gives.
struct Fixture {
  explicit Fixture(LiveRingLimits limits = {64 << 20, 600'000'000, 60'000'000}) {
    script->tracks = {cut_track("video")};
    LiveOptions options;
    options.ring = limits;
    live = Live::create(std::make_unique<FakeSource>(script), options);
  }
  /// Pictures; a capital letter is a random access point.
  void give(const std::string& letters, std::size_t size = 100) {
    for (const char letter : letters) script->give(live_unit(0, time += 40'000, letter < 'a', letter, size));
    given += letters.size();
    REQUIRE(eventually([&] { return live->status().units == given; }));
  }

  std::shared_ptr<FakeSource::Script> script = std::make_shared<FakeSource::Script>();
  std::shared_ptr<Live> live;
  MediaTime time = 0;
  std::uint64_t given = 0;
};

}  // namespace

TEST_CASE("a loop is woken once for all that came meanwhile") {
  Fixture f;
  f.give("A");
  unsigned posts = 0;
  std::function<void()> posted;
  std::mutex mutex;
  const LiveReader reader(f.live);
  const auto told = description_of(*f.live);
  const auto feed = LiveFeed::attach(f.live, [&](std::function<void()> task) {
    const std::lock_guard lock(mutex);
    ++posts;
    posted = std::move(task);
  });
  CHECK(feed->next() == 1);
  f.give("bcdef");
  CHECK(posts == 1);
  CHECK(feed->next() == 1);
  posted();
  CHECK(feed->next() == 6);
  f.give("g");
  CHECK(posts == 2);
}

TEST_CASE(
    "of what a source gives at once, as when it is opened, the newest tells best when it was captured") {
  Fixture f;
  f.give("Abcdefghij");
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  CHECK(reader.cursor->piece().number == 0);
  CHECK(reader.cursor->newest_piece().number == 9);
  const auto late = reader.cursor->piece().wall_origin_us - reader.cursor->newest_piece().wall_origin_us;
  CHECK(late > 180'000);
  CHECK(late <= 360'000);
}

namespace {

/// A picture and sound, whose wake-ups of one loop are counted.
struct SoundFixture {
  explicit SoundFixture(MediaTime sound_waits, const std::string& anchor = "video") {
    script->tracks = {cut_track(anchor), cut_track("audio", "track2")};
    LiveOptions options;
    options.sound_waits = sound_waits;
    live = Live::create(std::make_unique<FakeSource>(script), options);
    give(0);
    REQUIRE(description_of(*live));
    feed = LiveFeed::attach(
        live,
        [this](std::function<void()> task) {
          const std::lock_guard lock(mutex);
          ++posts;
          posted = std::move(task);
        },
        [this](MediaTime delay, std::function<void()> task) {
          const std::lock_guard lock(mutex);
          delays.push_back(delay);
          later = std::move(task);
        });
  }
  void give(std::uint8_t track, MediaTime duration = 20'000) {
    LiveUnit unit = live_unit(track, time += 20'000, track == 0);
    unit.unit.duration = duration;
    script->give(std::move(unit));
    ++given;
    REQUIRE(eventually([&] { return live->status().units == given; }));
  }
  /// How many wake-ups it was until now; the loop turns.
  unsigned turned() {
    std::function<void()> task;
    {
      const std::lock_guard lock(mutex);
      task = std::exchange(posted, nullptr);
    }
    if (task) task();
    const std::lock_guard lock(mutex);
    return posts;
  }

  /// The time of the last delay has come, as far as the feed knows.
  void come_later() {
    std::function<void()> task;
    {
      const std::lock_guard lock(mutex);
      task = std::exchange(later, nullptr);
    }
    REQUIRE(task);
    task();
  }

  std::shared_ptr<FakeSource::Script> script = std::make_shared<FakeSource::Script>();
  std::shared_ptr<Live> live;
  std::shared_ptr<LiveFeed> feed;
  MediaTime time = 0;
  std::uint64_t given = 0;
  std::mutex mutex;
  unsigned posts = 0;
  std::function<void()> posted, later;
  std::vector<MediaTime> delays;
};

}  // namespace

TEST_CASE("sound waits for the next picture") {
  SoundFixture f(60'000'000);
  f.give(1);
  f.give(1);
  CHECK(f.turned() == 0);
  f.give(0);
  CHECK(f.turned() == 1);
  CHECK(f.feed->next() == 4);  // in the order in which they came
  CHECK((*f.feed->find(1))->segment->trains().front().track == 1);
  CHECK((*f.feed->find(3))->segment->trains().front().track == 0);
  f.give(1);
  CHECK(f.turned() == 1);
  f.live->close();
  CHECK(f.turned() == 2);
  CHECK(f.feed->next() == 5);
}

TEST_CASE("sound waits no longer than it may, where no picture comes, nor more sound") {
  SoundFixture f(40'000);
  f.give(1);
  f.give(1);
  CHECK(f.turned() == 0);
  CHECK(f.delays == std::vector<MediaTime>{40'000});
  std::this_thread::sleep_for(std::chrono::milliseconds(41));
  f.come_later();
  CHECK(f.feed->next() == 3);
  CHECK(f.posts == 0);
  CHECK(f.delays.size() == 1);
  // What begins to lie behind that is looked after anew.
  f.give(1);
  CHECK(f.delays == std::vector<MediaTime>{40'000, 40'000});
}

TEST_CASE("sound that began to wait after a picture has a time of its own") {
  SoundFixture f(500'000);
  f.give(1);
  f.give(0);
  CHECK(f.turned() == 1);
  f.give(1);
  CHECK(f.delays == std::vector<MediaTime>{500'000});
  f.come_later();  // at once, when it lies for some milliseconds only
  CHECK(f.feed->next() == 3);
  REQUIRE(f.delays.size() == 2);
  CHECK(f.delays[1] > 0);
  CHECK(f.delays[1] < 500'000);
  f.give(0);
  CHECK(f.turned() == 2);
  CHECK(f.feed->next() == 5);
  // Nothing lies: the look ends, and the next sound asks for another.
  f.come_later();
  CHECK(f.delays.size() == 2);
  f.give(1);
  CHECK(f.delays.size() == 3);
}

TEST_CASE("sound does not wait on a loop that cannot look after it") {
  SoundFixture f(60'000'000);
  unsigned posts = 0;
  std::mutex mutex;
  const auto other = LiveFeed::attach(f.live, [&](const std::function<void()>&) {
    const std::lock_guard lock(mutex);
    ++posts;
  });
  f.give(1);
  const std::lock_guard lock(mutex);
  CHECK(posts == 1);
  CHECK(f.posts == 0);
}

TEST_CASE("sound that waits goes when the source does") {
  SoundFixture f(60'000'000);
  f.give(1);
  CHECK(f.turned() == 0);
  f.script->set_ends(true);
  REQUIRE(eventually([&] { return f.live->status().state == LiveState::away; }));
  CHECK(f.turned() == 1);
  CHECK(f.feed->next() == 2);
}

TEST_CASE("sound does not wait where units are long, where there is no picture, or where none is to") {
  const bool lone = GENERATE(false, true);
  const MediaTime waits = GENERATE(0, 40'000);
  SoundFixture f(waits, lone ? "audio" : "video");
  f.give(1, waits == 0 || lone ? 20'000 : 40'001);
  CHECK(f.turned() == 1);
}

TEST_CASE("a loop that does not turn holds no more than the ring") {
  Fixture f({300'000, 600'000'000, 0});
  std::function<void()> posted;
  std::mutex mutex;
  const auto feed = LiveFeed::attach(f.live, [&](std::function<void()> task) {
    const std::lock_guard lock(mutex);
    posted = std::move(task);
  });
  f.give("A");
  const auto told = description_of(*f.live);
  f.give("bcdefghijk", 50'000);
  posted();
  CHECK(feed->next() == 11);
  CHECK(feed->next() - feed->oldest() < 6);
  CHECK(!feed->newest_point(0));
  CHECK(!feed->find(feed->oldest() - 1));
  CHECK(!feed->find(feed->next()));
  REQUIRE(feed->find(10));
  CHECK((*feed->find(10))->number == 10);
  f.give("L");
  posted();
  CHECK(feed->oldest() == 11);
  CHECK(feed->newest_point(0) == 11);
  CHECK(feed->newest_point(11) == 11);
  CHECK(!feed->newest_point(12));
}

TEST_CASE("a loop that comes later has what the ring holds, and all readers see the same pieces") {
  Fixture f;
  f.give("AbC");
  Posts posts;
  const auto one = LiveFeed::attach(f.live, posts.poster());
  const auto two = LiveFeed::attach(f.live, posts.poster());
  CHECK(one->oldest() == 0);
  CHECK(one->next() == 3);
  CHECK(one->newest_point(0) == 2);
  REQUIRE(two->find(1));
  CHECK(*one->find(1) == *two->find(1));
  f.live->close();
  CHECK(posts.run_until([&] { return one->closed() && two->closed(); }));
  CHECK(LiveFeed::attach(f.live, posts.poster())->closed());
}

TEST_CASE("a reader may leave while others are woken") {
  Fixture f;
  f.give("A");
  Posts posts;
  const LiveReader reader(f.live);
  const auto told = description_of(*f.live);
  const auto feed = LiveFeed::attach(f.live, posts.poster());
  std::vector<std::unique_ptr<LiveCursor>> cursors;
  unsigned wakes = 0;
  for (int i = 0; i < 3; ++i) {
    cursors.push_back(std::make_unique<LiveCursor>(feed, told, LiveJoin::newest_point, [&] {
      ++wakes;
      cursors.clear();
    }));
    ReadRequest request;
    request.tracks = 1;
    cursors.back()->start(request, [](const Result<ReadStart>&) {});
    cursors.back()->advance();
    CHECK(cursors.back()->state() == Cursor::State::waiting);
  }
  f.give("b");
  REQUIRE(posts.run_until([&] { return wakes > 0; }));
  CHECK(wakes == 1);
  f.give("c");
  CHECK(posts.run_until([&] { return feed->next() == 3; }));
  CHECK(wakes == 1);
}
