#include "media/live/card.h"

#include <catch2/catch.hpp>
#include <cstdlib>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/time.h>
}

#include "media/live/fallback.h"
#include "tests/support/drawn_pictures.h"
#include "tests/support/live_reading.h"
#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

/// Keeps what a source gives, until so much is there.
class Keeper final : public SourceHost {
 public:
  explicit Keeper(std::size_t wanted) : wanted_(wanted) {}
  [[nodiscard]] bool stopping() const override { return units.size() >= wanted_; }
  bool sleep_until(std::int64_t) override { return !stopping(); }
  [[nodiscard]] std::size_t max_payload() const override { return 1000; }
  void begin(TrackSelection begun, const std::string&) override { selection = std::move(begun); }
  void take(LiveUnit unit) override { units.push_back(std::move(unit.unit)); }

  TrackSelection selection;
  std::vector<Unit> units;

 private:
  const std::size_t wanted_;
};

/// The first picture of a card that says so; VP8 needs no parameter sets.
DrawnPicture card_saying(const std::string& text) {
  Keeper keeper(1);
  Card({AV_CODEC_ID_VP8, 320, 240, text}).run(keeper);
  REQUIRE(keeper.units.size() == 1);
  const auto pictures = decode_drawn(AV_CODEC_ID_VP8, {}, {&keeper.units[0]});
  REQUIRE(pictures.size() == 1);
  return pictures[0];
}

}  // namespace

TEST_CASE("a card is encoded in the format of the camera, with its size") {
  const auto [codec, encoding] = GENERATE(table<int, std::string>({{AV_CODEC_ID_NONE, "H264"},
                                                                   {AV_CODEC_ID_H264, "H264"},
                                                                   {AV_CODEC_ID_HEVC, "H265"},
                                                                   {AV_CODEC_ID_MJPEG, "JPEG"},
                                                                   {AV_CODEC_ID_VP8, "VP8"}}));
  CAPTURE(encoding);
  silence_ffmpeg();
  Keeper keeper(45);
  Card card({codec, 322, 242, "camera away since 12:34"});
  CHECK(card.run(keeper).code == Errc::end);
  REQUIRE(keeper.selection.tracks.size() == 1);
  const Track& track = keeper.selection.tracks[0];
  CHECK(track.format.encoding == encoding);
  CHECK(track.width == (encoding == "JPEG" ? 320 : 322));
  CHECK(track.height == (encoding == "JPEG" ? 240 : 242));
  REQUIRE(keeper.units.size() == 45);
  CHECK(keeper.units[0].random_access);
  std::size_t points = 0, bytes = 0;
  for (std::size_t i = 0; i < keeper.units.size(); ++i) {
    const Unit& unit = keeper.units[i];
    CHECK(unit.pts == static_cast<MediaTime>(i) * 200'000);
    CHECK(unit.dts == unit.pts);
    CHECK(unit.pts_ticks == static_cast<std::int64_t>(i) * 18'000);
    points += unit.random_access ? 1 : 0;
    bytes += static_cast<std::size_t>(unit.packet->size);
  }
  CHECK(points >= 5);
  // A still picture costs little.
  CHECK(bytes < (encoding == "JPEG" ? 400'000 : 100'000));
}

TEST_CASE("a card's words are drawn in white in its middle, and nothing else is") {
  silence_ffmpeg();
  const DrawnPicture card = card_saying("camera away since 12:34");
  constexpr Area all{0, 0, 320, 240}, middle{0, 105, 320, 135};
  constexpr unsigned white = 160;
  CHECK(brighter(card, middle, white) > 300);
  CHECK(brighter(card, all, white) == brighter(card, middle, white));
  CHECK(brighter(card_saying(""), all, white) == 0);
  const bool same = bright_pixels(card, middle, white) ==
                    bright_pixels(card_saying("camera away since 12:58"), middle, white);
  CHECK_FALSE(same);
}

TEST_CASE("there is no card in a format without an encoder") {
  Keeper keeper(1);
  Card card({AV_CODEC_ID_THEORA, 320, 240, "x"});
  const Error why = card.run(keeper);
  CHECK(why.code == Errc::unsupported);
  CHECK(why.message == "there is no encoder for theora");
  CHECK(keeper.units.empty());
}

TEST_CASE("a card says since when, with the day where that is long ago") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  constexpr std::int64_t since = 1'700'000'000'000'000;  // 2023-11-14 22:13:20
  CHECK(away_since(since, since + 5'000'000) == "camera away since 22:13");
  CHECK(away_since(since, since + 11LL * 3600 * 1'000'000) == "camera away since 22:13");
  CHECK(away_since(since, since + 13LL * 3600 * 1'000'000) == "camera away since 14 Nov 22:13");
  ::unsetenv("TZ");
  ::tzset();
}
