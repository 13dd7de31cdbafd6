#include "server/paths/recording.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/support/asset_reading.h"
#include "tests/support/media_reading.h"

using namespace lectern;
using server::Recording;

namespace {

/// A file with what opens it.
struct Opened {
  explicit Opened(const std::filesystem::path& path)
      : asset(media::Asset::open(media::File::open(path.string()).value(), {pool, cache, {}}).value()) {}

  media::SegmentCache cache{1 << 20};
  media::WorkerPool pool{1};  // fills the cache until it ends
  std::shared_ptr<media::Asset> asset;
};

/// A loop that is the test's thread.
class TestHost final : public server::ReaderHost {
 public:
  Post poster() override { return posts.poster(); }
  std::shared_ptr<media::LiveFeed> feed_of(const std::shared_ptr<media::Live>&) override { return nullptr; }

  test::Posts posts;
};

}  // namespace

TEST_CASE("A recording is its file", "[paths]") {
  const Opened opened(test::clip());
  const Recording recording(opened.asset);
  CHECK_FALSE(recording.live());
  CHECK(recording.duration() == opened.asset->duration());
  CHECK(recording.anchor() == opened.asset->anchor());
  CHECK(recording.recorded_at() == opened.asset->recorded_at());
  CHECK(&recording.tracks() == &opened.asset->tracks());
  CHECK(recording.describe().media.size() == 2);
}

TEST_CASE("A recording is read from the beginning on", "[paths]") {
  const Opened opened(test::clip());
  const Recording recording(opened.asset);
  TestHost host;
  const auto cursor = recording.open(host, [] {});
  std::optional<Result<media::ReadStart>> started;
  cursor->start({.tracks = 0b11}, [&](auto start) { started = std::move(start); });
  REQUIRE(host.posts.run_until([&] { return started.has_value(); }));
  REQUIRE(*started);
  CHECK((*started)->position == 0);
  CHECK(cursor->state() == media::Cursor::State::ready);
  CHECK(cursor->train().unit_start);
}

TEST_CASE("A track takes its bit rate", "[paths][bandwidth]") {
  const Opened opened(test::clip_as("rates.mp4"));
  const Recording recording(opened.asset);
  REQUIRE(recording.tracks().size() == 2);
  const std::uint64_t video = recording.tracks()[0].bit_rate, audio = recording.tracks()[1].bit_rate;
  REQUIRE(video > 0);
  REQUIRE(audio > 0);
  CHECK(recording.bit_rate(0b01) == video);
  CHECK(recording.bit_rate(0b10) == audio);
  CHECK(recording.bit_rate(0b11) == video + audio);
  CHECK(recording.bit_rate(0) == 0);
}

TEST_CASE("Where the container names no bit rate, a track takes its part of the file", "[paths][bandwidth]") {
  const auto path = test::clip_as("no-rates.mkv");
  const Opened opened(path);
  const Recording recording(opened.asset);
  REQUIRE(recording.tracks().size() == 2);
  REQUIRE(recording.tracks()[0].bit_rate == 0);
  const auto of_file = static_cast<double>(std::filesystem::file_size(path)) * 8 * 1e6 /
                       static_cast<double>(recording.duration());
  CHECK(static_cast<double>(recording.bit_rate(0b11)) == Approx(of_file).margin(2));
  CHECK(recording.bit_rate(0b01) > 0);
  CHECK(recording.bit_rate(0b01) < recording.bit_rate(0b11));
}
