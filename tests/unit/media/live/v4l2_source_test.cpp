#include "media/live/v4l2_source.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/support/live_reading.h"
#include "tests/support/media_reading.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

TEST_CASE("a camera that is not there is away, with the reason") {
  silence_ffmpeg();
  V4l2Options options;
  options.device = "/dev/no-camera";
  LiveOptions live_options;
  live_options.first_retry = live_options.longest_retry = std::chrono::milliseconds(5);
  const auto live = Live::create(std::make_unique<V4l2Source>(options), live_options);
  REQUIRE(eventually([&] { return live->status().failures > 0; }));
  CHECK(live->status().reason == "/dev/no-camera as h264: No such file or directory");
}

TEST_CASE("a file that is no camera is refused") {
  silence_ffmpeg();
  V4l2Options options;
  options.device = clip().string();
  const auto live = Live::create(std::make_unique<V4l2Source>(options), {});
  REQUIRE(eventually([&] { return live->status().failures > 0; }));
  CHECK(live->status().connects == 0);
}

TEST_CASE("a camera of this machine gives pictures") {
  if (!std::filesystem::exists("/dev/video0")) {
    WARN("skipped: this machine has no camera at /dev/video0");
    return;
  }
  const auto live = Live::create(std::make_unique<V4l2Source>(V4l2Options{}), {});
  LiveTestReader reader(live);
  REQUIRE(reader.start());
  CHECK(reader.read(20).size() == 20);
}
