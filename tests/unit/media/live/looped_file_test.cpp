#include "media/live/looped_file.h"

#include <catch2/catch.hpp>
#include <set>

#include "media/live/live.h"
#include "tests/support/live_reading.h"
#include "tests/support/made_media.h"
#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

/// 2 s, so that a loop is soon over.
std::filesystem::path short_clip() {
  return made("short.mp4", "-i " + clip().string() + " -t 2 -c copy");
}

}  // namespace

TEST_CASE("a looped file is live: two readers get the same packets, which are those of the file") {
  const auto live = Live::create(std::make_unique<LoopedFile>(short_clip().string()), {});
  LiveTestReader one(live), two(live);
  const auto started = one.start(1);
  REQUIRE(started);
  REQUIRE(two.start(1));
  CHECK(one.cursor->train().random_access);
  CHECK(started->first_ticks.at(0) == one.cursor->train().pts_ticks);
  // Both joined at some random access point; the second maybe at a later one.
  std::vector<ReadTrain> seen, also;
  const auto append = [](std::vector<ReadTrain>& to, std::vector<ReadTrain> from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  while (seen.size() < 130) {  // more than two rounds
    append(seen, one.read(1));
    append(also, two.read(1));
    REQUIRE(also.size() == seen.size());
  }
  const auto first = payloads_of(seen, 0);
  auto common = std::ranges::find(seen, also.front().train.pts_ticks,
                                  [](const ReadTrain& each) { return each.train.pts_ticks; });
  REQUIRE(common != seen.end());
  for (auto other = also.begin(); common != seen.end(); ++common, ++other) {
    REQUIRE(common->train.pts_ticks == other->train.pts_ticks);
    const bool same = common->payloads == other->payloads;
    REQUIRE(same);
  }

  Library library({});
  const auto asset = *open_in(library, short_clip().string());
  wait_until_indexed(*asset);
  Reader file(asset);
  REQUIRE(file.start({0, std::nullopt, 1}));
  std::vector<std::string> of_file;
  while (file.settle() == Cursor::State::ready) {
    for (const SealedPacket& packet : file.cursor->segment().packets(file.cursor->train())) {
      const Bytes payload = file.cursor->segment().payload(packet);
      of_file.emplace_back(reinterpret_cast<const char*>(payload.data()), payload.size());
    }
    file.cursor->advance();
  }
  // From wherever reading began, the packets go round and round in the file.
  const auto begin = std::ranges::find(of_file, first.front());
  REQUIRE(begin != of_file.end());
  const auto offset = static_cast<std::size_t>(begin - of_file.begin());
  for (std::size_t i = 0; i < first.size(); ++i) {
    CAPTURE(i);
    const bool same = first[i] == of_file[(offset + i) % of_file.size()];
    REQUIRE(same);
  }
}

TEST_CASE("times of a looped file go on over the loop, in real time") {
  const auto live = Live::create(std::make_unique<LoopedFile>(short_clip().string()), {});
  LiveTestReader reader(live);
  REQUIRE(reader.start(1));
  const MediaTime begin = live->now();
  const auto seen = reader.read(110);
  REQUIRE(seen.size() == 110);
  CHECK(live->now() - begin > 2'000'000);
  std::set<std::int64_t> times;
  for (const ReadTrain& each : seen) times.insert(each.train.pts_ticks);
  REQUIRE(times.size() == 110);
  // Where a round ends the sound may be longer than the picture; else there is a picture every 40 ms.
  std::size_t even = 0;
  for (auto a = times.begin(), b = std::next(a); b != times.end(); ++a, ++b) {
    CHECK(*b - *a >= 3598);
    CHECK(*b - *a < 5 * 3600);
    even += *b - *a <= 3602 ? 1 : 0;
  }
  CHECK(even >= 100);
}

TEST_CASE("a file that is not there keeps its channel away, with the reason") {
  LiveOptions options;
  options.first_retry = options.longest_retry = std::chrono::milliseconds(5);
  const auto live = Live::create(std::make_unique<LoopedFile>("/nowhere/clip.mp4"), options);
  REQUIRE(eventually([&] { return live->status().failures > 2; }));
  CHECK(live->status().state == LiveState::away);
  CHECK(live->status().reason == "/nowhere/clip.mp4: no such file");
  CHECK(live->status().connects == 0);
  CHECK(!live->description());
}

TEST_CASE("a file without times for its reordered pictures is refused, with a way out") {
  const auto live = Live::create(std::make_unique<LoopedFile>(clip_as("clip.avi").string()), {});
  REQUIRE(eventually([&] { return live->status().failures > 0; }));
  CHECK(live->status().reason.find("ffmpeg -fflags +genpts") != std::string::npos);
}
