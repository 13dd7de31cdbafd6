#include "media/live/test_pattern.h"

#include <catch2/catch.hpp>
#include <set>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/time.h>
}

#include "protocol/base/base64.h"
#include "tests/support/drawn_pictures.h"
#include "tests/support/live_reading.h"
#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

/// Keeps what the pattern gives, so many units, and then stops it.
class Keeper final : public SourceHost {
 public:
  explicit Keeper(std::size_t most) : most_(most) {}
  bool stopping() const override { return units.size() >= most_; }
  bool sleep_until(std::int64_t monotonic_us) override {
    // Faster than the clock: only what is drawn matters.
    last_due = std::max(last_due, monotonic_us);
    return !stopping();
  }
  std::size_t max_payload() const override { return payload::default_max_payload; }
  void begin(TrackSelection given, const std::string&) override { selection = std::move(given); }
  void take(LiveUnit unit) override { units.push_back(std::move(unit)); }

  TrackSelection selection;
  std::vector<LiveUnit> units;
  std::int64_t last_due = 0;

 private:
  const std::size_t most_;
};

TestPatternOptions small() {
  TestPatternOptions options;
  options.width = 320;
  options.height = 180;
  return options;
}

/// Parameter sets of an a=fmtp, as a decoder takes them.
ByteVector parameter_sets(const std::string& fmtp) {
  ByteVector all;
  const std::string key = "sprop-parameter-sets=";
  std::string_view sets = std::string_view(fmtp).substr(fmtp.find(key) + key.size());
  sets = sets.substr(0, sets.find(';'));
  while (!sets.empty()) {
    const auto set = base64_decode(sets.substr(0, sets.find(',')));
    REQUIRE(set);
    all.insert(all.end(), {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}});
    all.insert(all.end(), set->begin(), set->end());
    sets.remove_prefix(std::min(sets.find(','), sets.size() - 1) + 1);
  }
  return all;
}

/// The pictures of the pattern's video.
std::vector<DrawnPicture> decode(const Keeper& keeper) {
  std::vector<const Unit*> units;
  for (const LiveUnit& each : keeper.units)
    if (each.unit.track == 0) units.push_back(&each.unit);
  return decode_drawn(AV_CODEC_ID_H264, parameter_sets(keeper.selection.tracks.at(0).format.fmtp), units);
}

TestPatternOptions silent() {
  TestPatternOptions options = small();
  options.sound = false;
  return options;
}

}  // namespace

TEST_CASE("the test pattern is H.264 and AAC with a random access point every two seconds") {
  silence_ffmpeg();
  Keeper keeper(340);
  TestPattern pattern(small());
  const Error why = pattern.run(keeper);
  CHECK(why.code == Errc::end);
  REQUIRE(keeper.selection.tracks.size() == 2);
  CHECK(keeper.selection.tracks[0].format.encoding == "H264");
  CHECK(keeper.selection.tracks[0].format.fmtp.find("sprop-parameter-sets=") != std::string::npos);
  CHECK(keeper.selection.tracks[1].format.encoding == "mpeg4-generic");
  CHECK(keeper.selection.tracks[1].format.clock_rate == 48000);
  std::vector<MediaTime> points, pictures, sounds;
  for (const LiveUnit& each : keeper.units) {
    (each.unit.track == 0 ? pictures : sounds).push_back(each.unit.pts);
    if (each.unit.track == 0 && each.unit.random_access) points.push_back(each.unit.pts);
  }
  REQUIRE(points.size() >= 2);
  CHECK(points[0] == 0);
  CHECK(points[1] == 2'000'000);
  CHECK(pictures.at(10) == 400'000);
  CHECK(2 * sounds.size() > 3 * pictures.size());
  for (std::size_t i = 1; i < sounds.size(); ++i) CHECK(std::abs(sounds[i] - sounds[i - 1] - 21'333) < 2);
}

TEST_CASE("the test pattern decodes to a picture") {
  silence_ffmpeg();
  Keeper keeper(30);
  TestPattern pattern(silent());
  pattern.run(keeper);
  CHECK(keeper.selection.tracks.size() == 1);
  const auto pictures = decode(keeper);
  REQUIRE(pictures.size() == 30);
  CHECK(pictures.back().width == 320);
  CHECK(pictures.back().height == 180);
  double sum = 0, squares = 0;
  for (const double value : pictures.back().luma) sum += value, squares += value * value;
  const double count = 320 * 180, brightness = sum / count;
  CHECK(brightness > 40);
  CHECK(squares / count - brightness * brightness > 500);
}

TEST_CASE("the time of day is drawn in the test pattern, in white on a black box, and goes on") {
  silence_ffmpeg();
  Keeper keeper(30);
  TestPattern pattern(silent());
  pattern.run(keeper);
  const auto pictures = decode(keeper);
  REQUIRE(pictures.size() == 30);
  // Inside the box at three quarters of the height, which twelve characters of that size fill.
  const Area box{90, 135, 230, 155};
  constexpr std::size_t pixels = 140 * 20;
  std::set<std::vector<bool>> seen;
  for (const DrawnPicture& picture : pictures) {
    CHECK(darker(picture, box, 60) > pixels / 3);
    CHECK(brighter(picture, box, 180) > pixels / 20);
    seen.insert(bright_pixels(picture, box, 180));
  }
  CHECK(seen.size() > 1);  // by the milliseconds
}

TEST_CASE("the test pattern tells when each unit was captured, and may sound in Opus") {
  silence_ffmpeg();
  Keeper keeper(60);
  TestPatternOptions options = small();
  options.opus = true;
  TestPattern pattern(options);
  const std::int64_t before = av_gettime();
  pattern.run(keeper);
  REQUIRE(keeper.selection.tracks.size() == 2);
  CHECK(keeper.selection.tracks[1].format.encoding == "opus");
  for (const LiveUnit& each : keeper.units) {
    REQUIRE(each.captured_us);
    CHECK(std::abs(*each.captured_us - before - each.unit.pts) < 5'000'000);
  }
}

TEST_CASE("readers of a test pattern get it in real time") {
  silence_ffmpeg();
  const auto live = Live::create(std::make_unique<TestPattern>(small()), {});
  LiveTestReader reader(live);
  REQUIRE(reader.start());
  const auto trains = reader.read(80);
  REQUIRE(trains.size() == 80);
  CHECK(trains.back().train.due - trains.front().train.due > 700'000);
  CHECK(live->status().repaired == 0);
  CHECK(live->status().refused == 0);
}
