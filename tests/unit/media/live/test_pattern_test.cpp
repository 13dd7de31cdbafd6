#include "media/live/test_pattern.h"

#include <catch2/catch.hpp>
#include <cstring>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>
}

#include "protocol/base/base64.h"
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

/// How many pictures the decoder makes of the pattern's video, and how bright the last is on average.
struct Decoded {
  int pictures = 0, width = 0, height = 0;
  double brightness = 0, spread = 0;
};
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

Decoded decode(const TrackSelection& selection, const std::vector<LiveUnit>& units) {
  Decoded decoded;
  const CodecContext codec(avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264)));
  const ByteVector sets = parameter_sets(selection.tracks.at(0).format.fmtp);
  codec->extradata = static_cast<std::uint8_t*>(av_mallocz(sets.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  codec->extradata_size = static_cast<int>(sets.size());
  std::memcpy(codec->extradata, sets.data(), sets.size());
  REQUIRE(avcodec_open2(codec.get(), nullptr, nullptr) == 0);
  const Frame frame(av_frame_alloc());
  for (const LiveUnit& each : units) {
    if (each.unit.track != 0) continue;
    REQUIRE(avcodec_send_packet(codec.get(), each.unit.packet.get()) == 0);
    while (avcodec_receive_frame(codec.get(), frame.get()) == 0) {
      ++decoded.pictures;
      decoded.width = frame->width;
      decoded.height = frame->height;
      double sum = 0, squares = 0;
      for (int y = 0; y < frame->height; ++y)
        for (int x = 0; x < frame->width; ++x) {
          const double value = frame->data[0][y * frame->linesize[0] + x];
          sum += value;
          squares += value * value;
        }
      const double count = static_cast<double>(frame->height) * frame->width;
      decoded.brightness = sum / count;
      decoded.spread = squares / count - decoded.brightness * decoded.brightness;
    }
  }
  return decoded;
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
  TestPatternOptions options = small();
  options.sound = false;
  TestPattern pattern(options);
  pattern.run(keeper);
  CHECK(keeper.selection.tracks.size() == 1);
  const Decoded decoded = decode(keeper.selection, keeper.units);
  CHECK(decoded.pictures >= 29);
  CHECK(decoded.width == 320);
  CHECK(decoded.height == 180);
  CHECK(decoded.brightness > 40);
  CHECK(decoded.spread > 500);
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
