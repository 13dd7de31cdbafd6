#include "media/asset.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

extern "C" {
#include <libavformat/avformat.h>
}

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>

#include "media/description.h"
#include "protocol/payload/h264.h"
#include "tests/support/asset_reading.h"
#include "tests/support/made_media.h"
#include "tests/support/media_reading.h"
#include "tests/support/mutation.h"
#include "tests/support/temporary_folder.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

struct Shared {
  explicit Shared(std::size_t cache_bytes = 64 << 20) : cache(cache_bytes), pool(2) {}

  Result<std::shared_ptr<Asset>> open(const std::filesystem::path& path) {
    auto file = File::open(path.string());
    if (!file) return std::move(file).error();
    return Asset::open(*file, {pool, cache, [this](Severity, const std::string& line) {
                                 const std::lock_guard lock(mutex);
                                 log += line + "\n";
                               }});
  }

  std::mutex mutex;
  std::string log;
  SegmentCache cache;
  WorkerPool pool;
};

Errc code_of(const Result<std::shared_ptr<Asset>>& asset) {
  REQUIRE(!asset);
  return asset.error().code;
}

}  // namespace

TEST_CASE("an asset gives each segment once, and Errc::end behind the last") {
  Shared shared;
  const auto asset = shared.open(clip());
  REQUIRE(asset);
  CHECK((*asset)->indexed());
  CHECK((*asset)->segment_count() == 12);
  CHECK((*asset)->duration() >= 12'000'000);
  CHECK((*asset)->duration() < 12'100'000);
  CHECK((*asset)->past_end(12));
  CHECK(!(*asset)->past_end(11));
  CHECK((*asset)->cached(3, false) == nullptr);
  const auto first = load_of(**asset, 3);
  const auto again = load_of(**asset, 3);
  REQUIRE(first);
  CHECK(*first == *again);
  CHECK((*asset)->cached(3, false) == *first);
  CHECK((*asset)->cached(3, true) == nullptr);
  const auto behind = load_of(**asset, 12);
  REQUIRE(!behind);
  CHECK(behind.error().code == Errc::end);
}

TEST_CASE("of a segment's random access point only the unit of the anchor is loaded") {
  Shared shared;
  const auto asset = shared.open(clip());
  REQUIRE(asset);
  const auto point = load_of(**asset, 4, true);
  REQUIRE(point);
  REQUIRE((*point)->trains().size() == 1);
  CHECK((*point)->trains()[0].random_access);
  CHECK((*point)->trains()[0].due == (*asset)->boundary(4).cut);
  // The same payloads as in the whole segment.
  const auto whole = load_of(**asset, 4);
  REQUIRE(whole);
  const auto& train = (*whole)->trains()[0];
  REQUIRE(train.random_access);
  REQUIRE(train.count == (*point)->trains()[0].count);
  for (std::size_t i = 0; i < train.count; ++i) {
    const Bytes mine = (*point)->payload((*point)->packets((*point)->trains()[0])[i]);
    const Bytes other = (*whole)->payload((*whole)->packets(train)[i]);
    CHECK(std::equal(mine.begin(), mine.end(), other.begin(), other.end()));
  }
}

TEST_CASE("what is no recording is refused with Errc::unsupported, and nothing else is opened") {
  Shared shared;
  const TemporaryFolder folder;
  const auto victim = folder.path() / "victim.mp4";
  std::filesystem::copy_file(clip(), victim);
  const auto other = victim.string();
  const auto time = std::filesystem::file_time_type::clock::now() - std::chrono::hours(48);
  struct stat before {
  }, after{};
  // The access time moves with the first read even where the mount says relatime.
  std::filesystem::last_write_time(victim, time);
  const timespec old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, victim.c_str(), old, 0) == 0);
  REQUIRE(::stat(victim.c_str(), &before) == 0);
  const std::vector<std::pair<std::string, std::string>> files{
      {"text.mp4", "A lecture is a talk, not a film.\n"},
      {"empty.mp4", ""},
      {"hls.mp4",
       "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n" + other + "\n#EXT-X-ENDLIST\n"},
      {"concat.mp4", "ffconcat version 1.0\nfile '" + other + "'\n"},
      {"sdp.mp4",
       "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 "
       "H264/90000\n"},
      {"dash.mp4",
       "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
       "type=\"static\"><Period><BaseURL>" +
           other + "</BaseURL></Period></MPD>\n"},
  };
  for (const auto& [name, text] : files) {
    CAPTURE(name);
    std::ofstream(folder.path() / name, std::ios::binary) << text;
    CHECK(code_of(shared.open(folder.path() / name)) == Errc::unsupported);
  }
  REQUIRE(::stat(victim.c_str(), &after) == 0);
  CHECK(after.st_atim.tv_sec == before.st_atim.tv_sec);
}

TEST_CASE("tracks that RTP cannot carry are left out, and a file of nothing else is refused") {
  Shared shared;
  CHECK(code_of(shared.open(made("flac.mkv", "-f lavfi -i sine=duration=1 -c:a flac"))) == Errc::unsupported);
  const auto cover = made("cover.png", "-f lavfi -i color=size=64x64:duration=1 -frames:v 1");
  const auto song =
      made("cover.mp3", "-f lavfi -i sine=duration=3 -i " + cover.string() +
                            " -map 0 -map 1 -c:a libmp3lame -c:v copy -disposition:v attached_pic");
  const auto asset = shared.open(song);
  REQUIRE(asset);
  REQUIRE((*asset)->tracks().size() == 1);
  CHECK((*asset)->tracks()[0].format.encoding == "MPA");
  REQUIRE((*asset)->left_out().size() == 1);
  CHECK((*asset)->left_out()[0].reason == "an attached picture, no video");
  CHECK((*asset)->duration() > 2'900'000);
  CHECK((*asset)->duration() < 3'200'000);
}

TEST_CASE("a file that is truncated while it plays gives a truncated segment and says why") {
  for (const std::string name : {"clip.mp4", "clip.mkv", "clip.ts"}) {
    DYNAMIC_SECTION(name) {
      Shared shared;
      const TemporaryFolder folder;
      const auto copy = folder.path() / name;
      std::filesystem::copy_file(name == "clip.mp4" ? clip() : clip_as(name), copy);
      const auto asset = shared.open(copy);
      REQUIRE(asset);
      wait_until_indexed(**asset);
      REQUIRE(load_of(**asset, 0));
      std::filesystem::resize_file(copy, std::filesystem::file_size(copy) / 2);
      const auto last = (*asset)->segment_count() - 1;
      bool told = false;
      for (std::size_t k = 1; k <= last; ++k) {
        const auto segment = load_of(**asset, k);
        if (segment && !(*segment)->truncated()) continue;
        told = true;
      }
      CHECK(told);
      CHECK(!load_of(**asset, last));

      Reader reader(*asset);
      REQUIRE(reader.start({0, std::nullopt, 3}));
      CHECK(!reader.read().empty());
      CHECK(reader.cursor->state() == Cursor::State::failed);
      CHECK(!reader.cursor->failure().message.empty());
    }
  }
}

TEST_CASE("a file that is deleted while it plays goes on") {
  Shared shared;
  const TemporaryFolder folder;
  const auto copy = folder.path() / "clip.mp4";
  std::filesystem::copy_file(clip(), copy);
  const auto asset = shared.open(copy);
  REQUIRE(asset);
  std::filesystem::remove(copy);
  for (std::size_t k = 0; k < (*asset)->segment_count(); ++k) {
    const auto segment = load_of(**asset, k);
    REQUIRE(segment);
    CHECK(!(*segment)->truncated());
  }
}

TEST_CASE("an asset that nobody holds any more ends its work, and so does a pool that stops") {
  for (int i = 0; i < 20; ++i) {
    std::weak_ptr<Asset> weak;
    {
      Shared shared;
      auto asset = shared.open(clip_as("clip.mkv"));
      REQUIRE(asset);
      weak = *asset;
      for (std::size_t k = 0; k < 6; ++k) (*asset)->load(k, false, [](const auto&) {});
    }
    CHECK(weak.expired());
  }
}

TEST_CASE("the description of several audio tracks names their languages") {
  Shared shared;
  const auto asset =
      shared.open(made("languages.mp4", "-i " + clip().string() +
                                            " -t 2 -map 0:v -map 0:a -map 0:a -c copy"
                                            " -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu"));
  REQUIRE(asset);
  const std::string text = sdp::serialize(describe(**asset));
  CHECK(text.find("a=lang:en\r\na=control:track2\r\n") != std::string::npos);
  CHECK(text.find("a=lang:de\r\na=control:track3\r\n") != std::string::npos);
  CHECK(text == sdp::serialize(describe(**asset)));
  CHECK(npt_seconds(12'345'600) == "12.3456");
  CHECK(npt_seconds(7) == "0.000007");
  CHECK(npt_seconds(61'000'000) == "61.000");
}

TEST_CASE("mutated files neither crash nor hang an asset") {
  const std::vector<std::filesystem::path> originals{
      clip_as("tiny.mp4", "-t 1"),
      clip_as("tiny-fragments.mp4", "-t 1 -movflags +frag_keyframe+empty_moov+default_base_moof"),
      clip_as("tiny.mkv", "-t 1"),
      clip_as("tiny.ts", "-t 1"),
      clip_as("tiny.flv", "-t 1"),
      clip_as("tiny.avi", "-t 1"),
      clip_as("tiny.h264", "-t 1 -an"),
      clip_as("tiny.aac", "-t 1 -vn"),
      made("tiny.ogg", "-i " + clip().string() + " -t 1 -vn -c:a libvorbis"),
      made("tiny.mpg", "-i " + clip().string() + " -t 1 -c:v mpeg2video -c:a mp2"),
      made("tiny.wav", "-i " + clip().string() + " -t 1 -vn"),
      made("tiny.mp3", "-i " + clip().string() + " -t 1 -vn"),
  };
  const TemporaryFolder folder;
  Shared shared;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(12);
  unsigned opened = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (const auto& original : originals) {
      if (seed >= 8 && std::chrono::steady_clock::now() > end) break;  // a slow machine does fewer
      Random random(seed * 131 + 7);
      const std::string text = content(original);
      std::string mutant = text;
      switch (seed % 4) {
        case 0:
          mutant.resize(random.below(mutant.size()));
          break;
        case 1: {
          const std::size_t at = random.below(mutant.size());
          mutant.replace(at, std::min<std::size_t>(mutant.size() - at, 1 + random.below(512)),
                         std::string(64, '\0'));
          break;
        }
        default:
          for (int flips = 0; flips < 16; ++flips) {
            const std::size_t range = flips % 2 ? mutant.size() : std::min<std::size_t>(mutant.size(), 2048);
            char& byte = mutant[random.below(range)];
            byte = static_cast<char>(
                byte ^ (seed % 8 < 4 ? 1 << random.below(8) : static_cast<int>(random.below(256))));
          }
      }
      const auto file = folder.path() / ("mutant" + original.extension().string());
      std::ofstream(file, std::ios::binary | std::ios::trunc) << mutant;
      CAPTURE(original, seed);
      const auto begun = std::chrono::steady_clock::now();
      const auto asset = shared.open(file);
      if (asset) {
        ++opened;
        wait_until_indexed(**asset);
        const std::size_t segments = (*asset)->segment_count();
        for (std::size_t k = 0; k < std::min<std::size_t>(segments, 20); ++k) (void)load_of(**asset, k);
        for (std::size_t k = std::min<std::size_t>(segments, 5); k-- > 0;) (void)load_of(**asset, k, true);
        (void)describe(**asset);
      }
      // libavformat takes two seconds of a processor to open some of them, twice; other programs run too.
      REQUIRE(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
    }
  }
  CHECK(opened > 30);
}

TEST_CASE("a file that loses its header while it is loaded fails, again and again") {
  Shared shared;
  const TemporaryFolder folder;
  const auto copy = folder.path() / "tail.mp4";
  std::filesystem::copy_file(clip_as("tail.mp4"), copy);
  for (const bool emptied : {false, true}) {
    const auto asset = shared.open(copy);
    REQUIRE(asset);
    std::filesystem::resize_file(copy, emptied ? 0 : 4096);
    for (int i = 0; i < 3; ++i) {
      for (const std::size_t k : {7U, 0U}) {
        const auto segment = load_of(**asset, k);
        if (k == 0 && !emptied && i == 0) continue;  // may still be in the cache
        if (segment) continue;
        CHECK(segment.error().code == Errc::io);
      }
      const auto late = load_of(**asset, 9 + static_cast<std::size_t>(i) % 2);
      REQUIRE(!late);
      CHECK(late.error().code == Errc::io);
    }
    std::filesystem::remove(copy);
    std::filesystem::copy_file(clip_as("tail.mp4"), copy);
  }
}

TEST_CASE("a file that is replaced in place by one of other tracks is an error and no more") {
  const auto alone = clip_as("picture-alone.mkv", "-an");
  const auto other =
      made("vp8.mkv", "-i " + clip().string() + " -c:v libvpx -deadline realtime -c:a libopus");
  for (const auto& replacement : {alone, other}) {
    Shared shared;
    const TemporaryFolder folder;
    const auto copy = folder.path() / "clip.mkv";
    std::filesystem::copy_file(clip_as("clip.mkv"), copy);
    const auto asset = shared.open(copy);
    REQUIRE(asset);
    wait_until_indexed(**asset);
    std::ofstream(copy, std::ios::binary | std::ios::trunc)
        << content(replacement) << content(clip_as("clip.mkv"));
    for (const std::size_t k : {5U, 0U, 1U, 5U}) (void)load_of(**asset, k);
    const auto again = load_of(**asset, 1);
    REQUIRE(!again);
    CHECK(again.error().code == Errc::io);
  }
}

TEST_CASE("a track with absurd parameter sets is left out") {
  Shared shared;
  const TemporaryFolder folder;
  // One picture parameter set of 60,000 bytes after the other, as Annex B.
  std::string stream = content(clip_as("tiny.h264", "-t 1 -an"));
  std::string sets;
  for (int id = 0; id < 3; ++id) {
    sets += std::string("\0\0\0\1\x68", 5) + static_cast<char>(0x40 | id << 2) + std::string(60'000, '\x55');
  }
  const auto demuxed = folder.path() / "sets.h264";
  std::ofstream(demuxed, std::ios::binary) << sets << stream;
  const auto asset = shared.open(demuxed);
  if (!asset) {
    CHECK(asset.error().code == Errc::unsupported);
    return;
  }
  for (std::size_t k = 0; k < (*asset)->segment_count(); ++k) {
    const auto segment = load_of(**asset, k);
    REQUIRE(segment);
    CHECK((*segment)->memory() < 2'000'000);
  }
  CHECK(sdp::serialize(describe(**asset)).size() < 200'000);
}

namespace {

/// The sequence parameter set that a file announces.
ByteVector sps_of(const std::filesystem::path& path) {
  const auto demuxer = Demuxer::open(*File::open(path.string()));
  REQUIRE(demuxer);
  const AVCodecParameters& parameters = *(*demuxer)->stream(0).codecpar;
  const auto format = payload::H264Format::from_extradata(
      as_bytes(parameters.extradata, static_cast<std::size_t>(parameters.extradata_size)));
  REQUIRE(format);
  return format->sets.all().begin()->second;
}

/// Whether a packet of the trains of random access points has `set` in it.
bool sends(const Segment& segment, const ByteVector& set) {
  for (const Train& train : segment.trains()) {
    if (train.track != 0 || !train.random_access) continue;
    for (const SealedPacket& packet : segment.packets(train)) {
      const Bytes payload = segment.payload(packet);
      if (std::search(payload.begin(), payload.end(), set.begin(), set.end()) != payload.end()) return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("a codec configuration that changes in the middle holds from there on, also for who seeks there") {
  const auto one = clip_as("clip.flv");
  const auto other =
      made("larger.flv",
           "-f lavfi -i testsrc2=size=320x240:rate=25:duration=6 -c:v libx264 -preset ultrafast"
           " -g 25 -output_ts_offset 12.2");
  const TemporaryFolder folder;
  const auto joined = folder.path() / "joined.flv";
  std::ofstream(joined, std::ios::binary) << content(one) << content(other).substr(13);
  const ByteVector before = sps_of(one), after = sps_of(other);
  REQUIRE(before != after);
  for (const bool backwards : {false, true}) {
    Shared shared;
    const auto asset = shared.open(joined);
    REQUIRE(asset);
    wait_until_indexed(**asset);
    const std::size_t count = (*asset)->segment_count();
    REQUIRE(count >= 17);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t k = backwards ? count - 1 - i : i;
      const MediaTime cut = (*asset)->boundary(k).cut;
      if (cut > 11'000'000 && cut < 12'300'000) continue;  // may hold some of both
      CAPTURE(backwards, k, cut);
      const auto segment = load_of(**asset, k);
      REQUIRE(segment);
      CHECK(sends(**segment, before) == (cut < 12'000'000));
      CHECK(sends(**segment, after) == (cut > 12'000'000));
    }
  }
}

TEST_CASE("of a file that is being written what was there is played") {
  for (const std::string name : {"growing.ts", "growing.mkv", "growing.mp4", "growing.flv"}) {
    DYNAMIC_SECTION(name) {
      const std::string flags =
          name.ends_with(".mp4") ? "-movflags +frag_keyframe+empty_moov+default_base_moof" : "";
      const std::string whole = content(clip_as("whole-" + name, flags));
      Shared shared;
      const TemporaryFolder folder;
      const auto growing = folder.path() / name;
      std::ofstream(growing, std::ios::binary) << whole.substr(0, whole.size() / 2);
      const auto asset = shared.open(growing);
      REQUIRE(asset);
      wait_until_indexed(**asset);
      const MediaTime before = (*asset)->duration();
      std::ofstream(growing, std::ios::binary | std::ios::app) << whole.substr(whole.size() / 2);
      const auto last = load_of(**asset, (*asset)->segment_count() - 1);
      REQUIRE(last);
      CHECK(!(*last)->truncated());
      CHECK((*last)->trains().back().due <= before);
      const auto later = shared.open(growing);
      REQUIRE(later);
      wait_until_indexed(**later);
      CHECK((*later)->duration() > before + 4'000'000);
    }
  }
}

namespace {

std::string be(std::uint64_t value, int bytes) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(value >> 8 * bytes & 0xff);
  return text;
}

/// A MOV whose first track says that its media is in the file `path`, by a macOS alias in its data reference.
std::string referring_to(std::string movie, const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  std::string alias = be(0, 4) + std::string(10, '\0') + std::string(28, '\0') + std::string(12, '\0');
  alias += be(name.size(), 1) + name + std::string(63 - name.size(), '\0') + std::string(16, '\0');
  alias += be(1, 2) + be(1, 2) + std::string(16, '\0');
  alias += be(0, 2) + be(1, 2) + "x" + std::string(1, '\0');
  alias +=
      be(2, 2) + be(path.size(), 2) + path + std::string(path.size() % 2, '\0') + be(0xffff, 2) + be(0, 2);
  const std::string entry = be(8 + alias.size(), 4) + "alis" + alias;
  const std::size_t dref = movie.find("dref");
  const std::size_t old_at = dref + 12, old_size = 12;
  movie.replace(old_at, old_size, entry);
  // moov stands behind the media, so only the sizes of what is around it change.
  for (const std::string atom : {"moov", "trak", "mdia", "minf", "dinf", "dref"}) {
    const std::size_t at = movie.rfind(atom, dref) - 4;
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(movie[at + i]);
    movie.replace(at, 4, be(size + entry.size() - old_size, 4));
  }
  return movie;
}

}  // namespace

TEST_CASE("a MOV that names another file for its media does not make it opened") {
  const TemporaryFolder folder;
  const auto victim = folder.path() / "victim.mov";
  std::filesystem::copy_file(clip_as("clip.mov"), victim);
  const timespec old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, victim.c_str(), old, 0) == 0);
  const auto referring = folder.path() / "referring.mov";
  const std::string text = referring_to(content(clip_as("clip.mov")), victim.string());
  REQUIRE(text.find(victim.string()) != std::string::npos);
  std::ofstream(referring, std::ios::binary) << text;
  Shared shared;
  const auto asset = shared.open(referring);
  if (asset) (void)load_of(**asset, 0);
  struct stat after {};
  REQUIRE(::stat(victim.c_str(), &after) == 0);
  CHECK(after.st_atim.tv_sec == 1'000'000'000);
}
