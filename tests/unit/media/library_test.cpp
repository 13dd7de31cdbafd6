#include "media/library.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <thread>

#include "tests/support/asset_reading.h"
#include "tests/support/made_media.h"
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

TEST_CASE("a file that is being written is opened once for viewers that come together, and anew later") {
  const TemporaryFolder folder;
  const auto growing = folder.path() / "growing.ts";
  const std::string whole = content(clip_as("clip.ts"));
  auto append = [&, at = std::size_t{0}](std::size_t bytes) mutable {
    std::ofstream(growing, std::ios::binary | std::ios::app) << whole.substr(at, bytes);
    at += bytes;
  };
  append(whole.size() / 2);
  LibraryOptions options;
  options.growing_for = std::chrono::milliseconds(1500);
  Library library(std::move(options));
  auto first = *open_in(library, growing.string());
  append(18'800);
  CHECK(*open_in(library, growing.string()) == first);
  append(18'800);
  CHECK(*open_in(library, growing.string()) == first);
  std::this_thread::sleep_for(std::chrono::milliseconds(1600));
  const auto later = *open_in(library, growing.string());
  CHECK(later != first);
  append(18'800);
  CHECK(*open_in(library, growing.string()) == later);
  // What the file was before is not kept open.
  const std::weak_ptr<Asset> gone = std::exchange(first, nullptr);
  for (int i = 0; i < 5000 && !gone.expired(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(gone.expired());
  // Cut short it is another file at once.
  std::filesystem::resize_file(growing, whole.size() / 4);
  CHECK(*open_in(library, growing.string()) != later);
}

TEST_CASE("a file that cannot be opened is tried again only after a while, or once it changed") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "broken.mp4";
  std::ofstream(path) << "no film";
  LibraryOptions options;
  options.refused_for = std::chrono::milliseconds(60'000);
  Library library(std::move(options));
  const timespec old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  const auto read = [&] {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_atim.tv_sec != 1'000'000'000;
  };
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
  CHECK(open_in(library, path.string()).error().code == Errc::unsupported);
  const bool tells = read();  // not where the mount keeps no access times
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
  CHECK(open_in(library, path.string()).error().code == Errc::unsupported);
  if (tells) CHECK(!read());
  std::filesystem::copy_file(clip(), path, std::filesystem::copy_options::overwrite_existing);
  CHECK(open_in(library, path.string()));
}

TEST_CASE("what libavformat is busy with ends when the pool stops") {
  std::promise<void> begun;
  std::optional<Errc> refused;
  {
    WorkerPool pool(1);
    pool.submit(
        [&] {
          begun.set_value();
          const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
          while (!WorkerPool::stopping_here() && std::chrono::steady_clock::now() < end) {
          }
          const auto demuxer = Demuxer::open(*File::open(clip().string()));
          if (!demuxer) refused = demuxer.error().code;
        },
        Work::open);
    begun.get_future().wait();
  }
  CHECK(refused == Errc::io);
  CHECK(Demuxer::open(*File::open(clip().string())));
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
