#include "media/live/live_cursor.h"

#include <catch2/catch.hpp>

#include "tests/support/allocations.h"
#include "tests/support/live_reading.h"
#include "tests/unit/media/live/shared_receiver.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

/// A Live of video, or of video and sound, that holds `lag` beyond the newest random access point.
struct Fixture {
  explicit Fixture(std::vector<Track> tracks = {cut_track("video")}, MediaTime lag = 0,
                   std::optional<LiveProtection> protection = std::nullopt) {
    script->tracks = std::move(tracks);
    LiveOptions options;
    options.ring.lag = lag;
    options.ring.bytes = 512 << 20;
    options.protection = std::move(protection);
    live = Live::create(std::make_unique<FakeSource>(script), options);
  }
  void give(LiveUnit unit) {
    script->give(std::move(unit));
    ++given;
    REQUIRE(eventually([&] { return live->status().units == given; }));
  }
  /// A picture; a random access point where its letter is a capital.
  void picture(char letter, std::size_t size = 100) {
    give(live_unit(0, time += 40'000, letter < 'a', letter, size));
  }
  void sound(char letter) { give(live_unit(1, time, true, letter)); }

  std::shared_ptr<FakeSource::Script> script = std::make_shared<FakeSource::Script>();
  std::shared_ptr<Live> live;
  MediaTime time = 0;
  std::uint64_t given = 0;
};

std::string letters(const std::vector<ReadTrain>& trains) {
  std::string all;
  for (const ReadTrain& each : trains)
    if (each.train.unit_start) all += each.payloads.at(0).at(0);
  return all;
}

}  // namespace

TEST_CASE("a reader joins at the newest random access point") {
  Fixture f({cut_track("video")}, 10'000'000);
  for (const char each : std::string("AbcDef")) f.picture(each);
  LiveTestReader reader(f.live);
  const auto start = reader.start();
  REQUIRE(start);
  CHECK(start->position == reader.cursor->train().pts);
  CHECK(start->due == reader.cursor->train().due);
  CHECK(letters(reader.read(3)) == "Def");
  CHECK(reader.cursor->state() == Cursor::State::waiting);
  f.picture('g');
  CHECK(letters(reader.read(1)) == "g");
  CHECK(reader.wakes == 1);
}

TEST_CASE("for the least delay a reader joins at the next random access point") {
  Fixture f;
  for (const char each : std::string("Abc")) f.picture(each);
  LiveTestReader reader(f.live, LiveJoin::next_point);
  std::optional<Result<ReadStart>> started;
  ReadRequest request;
  request.tracks = 1;
  reader.cursor->start(request, [&](Result<ReadStart> start) { started = std::move(start); });
  f.picture('d');
  reader.turn();
  CHECK(!started);
  f.picture('E');
  REQUIRE(reader.posts.run_until([&] { return started.has_value(); }));
  CHECK(letters(reader.read(1)) == "E");
}

TEST_CASE("a reader that falls behind skips to the newest random access point, and that is counted") {
  Fixture f;
  f.picture('A', 40'000);  // 40 packets in two trains
  LiveTestReader slow(f.live), quick(f.live);
  REQUIRE(slow.start());
  REQUIRE(quick.start());
  const auto first = slow.read(1);
  REQUIRE(first[0].train.count == 32);
  std::string seen = letters(quick.read(2));
  for (const char each : std::string("bcDefGh")) {
    f.picture(each, 2000);
    seen += letters(quick.read(1));
  }
  CHECK(seen == "AbcDefGh");
  slow.turn();
  // What has begun is read to its end.
  const auto rest = slow.read(3);
  REQUIRE(rest.size() == 3);
  CHECK(!rest[0].train.unit_start);
  CHECK(rest[0].train.count == 8);
  CHECK(letters(rest) == "Gh");
  CHECK(rest[1].train.random_access);
  CHECK(slow.cursor->lag().times == 1);
  CHECK(slow.cursor->lag().packets == 10);
  CHECK(slow.cursor->lag().time > 0);
  CHECK(slow.cursor->lag().last == rest[1].train.due);
  CHECK(quick.cursor->lag().times == 0);
}

TEST_CASE("a reader that lags less than is tolerated loses nothing") {
  Fixture f({cut_track("video")}, 60'000'000);
  f.picture('A');
  LiveTestReader slow(f.live);
  REQUIRE(slow.start());
  for (const char each : std::string("bcDefGh")) f.picture(each);
  slow.turn();
  CHECK(letters(slow.read(8)) == "AbcDefGh");
  CHECK(slow.cursor->lag().times == 0);
}

TEST_CASE("sound from before the picture that reading begins with is left out") {
  Fixture f({cut_track("video"), cut_track("audio", "track2")}, 60'000'000);
  f.picture('A');
  f.picture('B');
  f.give(live_unit(1, f.time - 60'000, true, 'x'));
  f.give(live_unit(1, f.time, true, 'y'));
  LiveTestReader reader(f.live);
  const auto start = reader.start();
  REQUIRE(start);
  const auto seen = reader.read(2);
  CHECK(letters(seen) == "By");
  CHECK(start->first_ticks.at(1) == seen[1].train.pts_ticks);
  LiveTestReader listener(f.live);
  REQUIRE(listener.start(2));
  CHECK(letters(listener.read(1)) == "y");
}

TEST_CASE("pictures that are shown before the point that reading began with are left out") {
  Fixture f({cut_track("video")}, 60'000'000);
  f.picture('A');
  f.picture('B');
  LiveUnit leading = live_unit(0, f.time + 40'000, false, 'l');
  leading.unit.pts = f.time - 20'000;
  f.give(std::move(leading));
  f.time += 40'000;
  f.picture('c');
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  CHECK(letters(reader.read(2)) == "Bc");
}

TEST_CASE("after a rest a reader goes on from its place, or skips where that is gone") {
  Fixture f({cut_track("video")}, 60'000'000);
  f.picture('A', 40'000);
  f.picture('b');
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  reader.read(1);
  reader.cursor->rest();
  CHECK(reader.cursor->state() == Cursor::State::waiting);
  reader.cursor->release();
  CHECK(!reader.cursor->holds_read());
  f.picture('c');
  reader.turn();
  CHECK(reader.cursor->state() == Cursor::State::waiting);
  CHECK(reader.wakes == 0);
  CHECK(reader.cursor->extend(std::nullopt));
  const auto seen = reader.read(3);
  CHECK(!seen.at(0).train.unit_start);
  CHECK(letters(seen) == "bc");

  Fixture g;
  g.picture('A');
  g.picture('b');
  LiveTestReader gone(g.live);
  REQUIRE(gone.start());
  gone.read(1);
  gone.cursor->rest();
  g.picture('C');
  g.picture('d');
  gone.turn();
  CHECK(gone.cursor->extend(std::nullopt));
  CHECK(letters(gone.read(2)) == "Cd");
  CHECK(gone.cursor->lag().times == 1);
}

TEST_CASE("readers come to an end when the live media is closed") {
  Fixture f;
  f.picture('A');
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  reader.read(1);
  CHECK(reader.cursor->state() == Cursor::State::waiting);
  f.live->close();
  REQUIRE(reader.posts.run_until([&] { return reader.cursor->state() == Cursor::State::ended; }));
  CHECK(reader.wakes == 1);
  CHECK(!reader.cursor->extend(std::nullopt));
}

TEST_CASE("a reader of sound alone that starts when the formats change is told, and may go at once") {
  Fixture f({cut_track("video"), cut_track("audio", "track2")}, 60'000'000);
  f.picture('A');
  LiveTestReader reader(f.live);
  {
    const std::lock_guard lock(f.script->mutex);
    f.script->tracks[1].format.clock_rate = 16000;
    f.script->ends = true;
  }
  REQUIRE(eventually([&] { return f.live->status().connects > 1; }));
  f.script->set_ends(false);
  f.picture('B');
  reader.turn();
  std::optional<Errc> heard;
  ReadRequest request;
  request.tracks = 2;
  reader.cursor->start(request, [&](const Result<ReadStart>& start) {
    heard = start ? Errc::internal : start.error().code;
    reader.cursor.reset();
  });
  CHECK(!reader.cursor);
  CHECK(heard == Errc::io);
}

TEST_CASE("reading live media asks for no memory") {
  if (!allocations()) {
    WARN("skipped: only a build with a sanitizer counts allocations");
    return;
  }
  const bool shared = GENERATE(false, true);
  Fixture f({cut_track("video")}, 600'000'000, shared ? std::optional(protection_of()) : std::nullopt);
  f.picture('A', 3000);
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  std::size_t bytes = 0;
  // A session lets go of what it read now and then, so there is a place for as much already.
  const auto read = [&](unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      if (const auto& packets = reader.cursor->piece().shared)
        for (std::size_t packet = 0; packet < packets->size(); ++packet)
          bytes += packets->packet(packet).size();
      reader.cursor->advance();
      if (i % 8 == 7) reader.cursor->release();
    }
  };
  for (int i = 0; i < 40; ++i) f.picture('b', 3000);
  reader.turn();
  read(16);
  const std::size_t before = *allocations();
  read(16);
  CHECK(*allocations() == before);
  CHECK(reader.cursor->state() == Cursor::State::ready);
  CHECK(bytes == (shared ? 32 * 3 * 1022 : 0));
}

TEST_CASE("viewers of shared streams get the very same bytes", "[live][srtp]") {
  Fixture f({cut_track("video")}, 0, protection_of());
  f.picture('A', 3000);
  LiveTestReader one(f.live), other(f.live);
  REQUIRE(one.start());
  REQUIRE(other.start());
  const auto a = one.cursor->piece().shared, b = other.cursor->piece().shared;
  REQUIRE(a);
  REQUIRE(b);
  for (std::size_t i = 0; i < 3; ++i) CHECK(a->packet(i).data() == b->packet(i).data());
  CHECK(a->reports()->of_track(0).data() == b->reports()->of_track(0).data());
}

TEST_CASE("a viewer of shared streams learns with which packets it begins", "[live][srtp]") {
  Fixture f({cut_track("video"), cut_track("audio", "track2")}, 10'000'000, protection_of());
  f.picture('A', 3000);
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  const auto told = f.live->description()->shared;
  const std::uint64_t first = reader.cursor->piece().shared->first_index();
  CHECK(told->join_index(0) == first);
  auto starts = reader.cursor->shared_start();
  REQUIRE(starts.size() == 2);
  REQUIRE(starts[0]);
  CHECK(starts[0]->index == first);
  CHECK(starts[0]->timestamp ==
        told->stream(0).timestamp_base + static_cast<std::uint32_t>(reader.cursor->train().pts_ticks));
  CHECK(!starts[1]);
  const std::uint64_t sound = told->next_index(1);
  f.sound('s');
  f.sound('t');
  f.picture('b');
  reader.turn();
  CHECK(reader.cursor->shared_start()[1].value().index == sound);
  reader.read(2);
  starts = reader.cursor->shared_start();
  CHECK(starts[0].value().index == first + 3);
  CHECK(starts[1].value().index == sound + 1);
  // Where nothing is shared there is nothing to tell.
  Fixture plain;
  plain.picture('A');
  LiveTestReader other(plain.live);
  REQUIRE(other.start());
  CHECK(other.cursor->shared_start().empty());
}

TEST_CASE("a viewer begins where the rollover counter is the one that it was told", "[live][srtp]") {
  // The first packet has the number 32,767.
  auto protection = protection_of();
  protection.random = [](MutableBytes bytes) { std::ranges::fill(bytes, std::byte{0xff}); };
  Fixture f({cut_track("video")}, 600'000'000, protection);
  f.picture('A', 1000);
  for (int i = 0; i < 32; ++i) f.picture('b', 1'000'000);
  f.picture('C', 500'000);
  f.picture('d', 500'000);
  f.picture('E', 1000);
  const auto first_of = [&](std::vector<std::uint32_t> told) {
    LiveTestReader reader(f.live);
    reader.cursor->set_told_rocs(std::move(told));
    REQUIRE(reader.start());
    return letters(reader.read(1));
  };
  CHECK(roc_of(f.live->description()->shared->join_index(0)) == 1);
  CHECK(first_of({1}) == "E");
  CHECK(first_of({0}) == "C");
  // Without one that it would be right for the newest is as good as another.
  CHECK(first_of({7}) == "E");
  CHECK(first_of({}) == "E");
}

TEST_CASE("after a pause a reader stands at the present until a random access point comes") {
  Fixture f({cut_track("video")}, 10'000'000);
  for (const char each : std::string("Abc")) f.picture(each);
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  CHECK(letters(reader.read(2)) == "Ab");
  CHECK(reader.cursor->at_present());
  reader.cursor->rest();
  f.picture('d');
  reader.turn();
  CHECK(reader.cursor->at_present());
  REQUIRE(reader.cursor->extend({}));
  CHECK(letters(reader.read(2)) == "cd");
  reader.cursor->rest();
  f.picture('e');
  f.picture('F');
  reader.turn();
  CHECK_FALSE(reader.cursor->at_present());
  // Begun anew it goes there, and that is no lag.
  REQUIRE(reader.start());
  CHECK(reader.cursor->at_present());
  CHECK(letters(reader.read(1)) == "F");
  CHECK(reader.cursor->lag().times == 0);
}

TEST_CASE("a reader that had read all when it rested goes on with what came meanwhile") {
  Fixture f({cut_track("video")}, 10'000'000);
  f.picture('A');
  f.picture('b', 40'000);  // of two trains
  LiveTestReader reader(f.live);
  REQUIRE(reader.start());
  const auto before = reader.read(3);
  REQUIRE(before.size() == 3);
  CHECK(letters(before) == "Ab");
  CHECK(reader.cursor->state() == Cursor::State::waiting);
  reader.cursor->rest();
  f.picture('c');
  reader.turn();
  REQUIRE(reader.cursor->extend({}));
  const auto seen = reader.read(1);
  CHECK(letters(seen) == "c");
  CHECK(seen.at(0).train.unit_start);
}

TEST_CASE("where a reader stands is told while it waits, too, of each track") {
  Fixture f({cut_track("video"), cut_track("audio", "track2")});
  f.picture('A');
  LiveTestReader reader(f.live);
  CHECK(reader.cursor->here().first_ticks.size() == 2);
  REQUIRE(reader.start());
  CHECK(reader.cursor->here().first_ticks.at(0));
  const auto read = reader.read(1);
  REQUIRE(reader.cursor->state() == Cursor::State::waiting);
  auto here = reader.cursor->here();
  CHECK(here.position == read[0].train.pts + read[0].train.duration);
  CHECK(here.first_ticks == std::vector<std::optional<std::int64_t>>(2));
  // What it stood at when it rested is past after it went on.
  f.picture('b');
  reader.turn();
  reader.cursor->rest();
  CHECK(reader.cursor->here().first_ticks.at(0));
  REQUIRE(reader.cursor->extend({}));
  CHECK(letters(reader.read(1)) == "b");
  reader.cursor->rest();
  CHECK_FALSE(reader.cursor->here().first_ticks.at(0));
}
