#include "media/picture_order.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/support/asset_reading.h"
#include "tests/support/made_media.h"
#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

/// The presentation times of all pictures in the order of showing, in ticks of 90 kHz.
std::vector<std::int64_t> shown_times(const std::string& file) {
  Library library({});
  auto asset = open_in(library, file);
  REQUIRE(asset);
  wait_until_indexed(**asset);
  std::vector<std::int64_t> times;
  for (std::size_t k = 0; k < (*asset)->segment_count(); ++k) {
    const auto segment = load_of(**asset, k);
    REQUIRE(segment);
    for (const Train& train : (*segment)->trains())
      if (train.unit_start && train.track == (*asset)->anchor()) times.push_back(train.pts_ticks);
  }
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace

TEST_CASE("pictures without presentation times are shown one frame apart, in their order",
          "[picture_order]") {
  // The program stream has times for some pictures, AVI for none, a raw stream nothing at all.
  const auto [name, arguments] =
      GENERATE(table<std::string, std::string>({{"order.mpg", "-an -c:v mpeg2video -g 15 -bf 2 -f vob"},
                                                {"order-mpeg4.avi", "-an -c:v mpeg4 -g 25 -bf 2"},
                                                {"order-h264.avi", "-an -c:v libx264 -g 25 -bf 2"},
                                                {"order.h264", "-an -c:v libx264 -g 25 -bf 2"}}));
  const std::vector<std::int64_t> times =
      shown_times(made(name, "-i " + clip().string() + " " + arguments).string());
  INFO(name);
  REQUIRE(times.size() > 50);
  for (std::size_t i = 1; i < times.size(); ++i) CHECK(std::abs(times[i] - times[i - 1] - 3600) <= 1);
}
