#include "media/library.h"

#include <catch2/catch.hpp>
#include <future>

#include "tests/support/asset_reading.h"
#include "tests/support/media_reading.h"
#include "tests/support/temporary_folder.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

TEST_CASE("a file is opened once for all who ask, and anew once it changed") {
  const TemporaryFolder folder;
  const auto copy = folder.path() / "clip.mp4";
  std::filesystem::copy_file(clip(), copy);
  Library library({});
  std::vector<std::promise<std::shared_ptr<Asset>>> answers(8);
  for (auto& answer : answers)
    library.open(folder.path().string(), "clip.mp4",
                 [&](Result<std::shared_ptr<Asset>> asset) { answer.set_value(asset ? *asset : nullptr); });
  std::vector<std::shared_ptr<Asset>> assets;
  for (auto& answer : answers) assets.push_back(answer.get_future().get());
  REQUIRE(assets[0]);
  for (const auto& asset : assets) CHECK(asset == assets[0]);
  CHECK(*open_in(library, folder.path().string(), "clip.mp4") == assets[0]);
  CHECK(*open_in(library, copy.string()) == assets[0]);

  std::filesystem::last_write_time(copy, std::filesystem::last_write_time(copy) + std::chrono::seconds(2));
  const auto changed = open_in(library, copy.string());
  REQUIRE(changed);
  CHECK(*changed != assets[0]);
  // Who plays the old one goes on.
  CHECK(load_of(*assets[0], 2));
}

TEST_CASE("files share one bounded cache") {
  LibraryOptions options;
  options.cache_bytes = 200'000;
  Library library(std::move(options));
  const auto one = open_in(library, clip().string());
  const auto other = open_in(library, clip_as("clip.mov").string());
  REQUIRE(one);
  REQUIRE(other);
  for (std::size_t k = 0; k < 12; ++k) {
    REQUIRE(load_of(**one, k));
    REQUIRE(load_of(**other, k));
    CHECK(library.cache().memory() <= 200'000);
    CHECK(library.cache().memory() > 0);
  }
  CHECK((*one)->cached(0, false) == nullptr);
  CHECK((*other)->cached(11, false) != nullptr);
}

TEST_CASE("idle files are closed beyond their number, and errors are those of the file") {
  LibraryOptions options;
  options.idle_assets = 1;
  std::vector<std::string> log;
  std::mutex mutex;
  options.log = [&](Severity, const std::string& line) {
    const std::lock_guard lock(mutex);
    log.push_back(line);
  };
  Library library(std::move(options));
  std::weak_ptr<Asset> first = *open_in(library, clip().string());
  CHECK(!first.expired());
  const auto subtitled =
      open_in(library, made("left-out.mkv", "-i " + clip().string() +
                                                " -f lavfi -i sine=duration=2 -t 2 -map 0 -map 1 -c:v "
                                                "copy -c:a:0 copy -c:a:1 flac")
                           .string());
  REQUIRE(subtitled);
  CHECK((*subtitled)->tracks().size() == 2);
  {
    const std::lock_guard lock(mutex);
    REQUIRE(log.size() == 1);
    CHECK(log[0].find("stream 2 (flac) is left out: flac has no RTP payload format here") !=
          std::string::npos);
  }
  CHECK(first.expired());
  const auto missing = open_in(library, clip().parent_path().string(), "missing.mp4");
  REQUIRE(!missing);
  CHECK(missing.error().code == Errc::not_found);
}
