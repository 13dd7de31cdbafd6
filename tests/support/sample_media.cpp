#include "tests/support/sample_media.h"

#include <sys/stat.h>

#include <random>

#include "tests/support/made_media.h"

namespace lectern::test {
namespace {

namespace fs = std::filesystem;

Words lecture(int seconds) {
  const auto duration = std::to_string(seconds);
  auto line = "-f lavfi -i testsrc2=size=320x240:rate=25:duration=" + duration +
              " -f lavfi -i sine=frequency=440:sample_rate=48000:duration=" + duration +
              " -c:v libx264 -pix_fmt yuv420p -g 25 -keyint_min 25 -sc_threshold 0 -bf 2 -b:v 300k -threads 1"
              " -c:a aac -b:a 64k -movflags +faststart -metadata creation_time=2026-01-02T03:04:05Z";
  return words(line);
}

}  // namespace

const SampleMedia& SampleMedia::get() {
  static const SampleMedia media;
  return media;
}

SampleMedia::SampleMedia()
    : root_(made_media_directory() / "root"), outside_(made_media_directory() / "outside") {
  make_media();
  make_names();
  make_broken();
}

void SampleMedia::make_media() const {
  const auto lecture_file = (root_ / "lecture.mp4").string();
  encode(root_ / "lecture.mp4", lecture(10));
  encode(root_ / "short.mp4", lecture(2));
  encode(outside_ / "secret.mp4", lecture(2));
  encode(root_ / "talk.mp3", words("-f lavfi -i sine=duration=5 -c:a libmp3lame -b:a 64k"));
  encode(root_ / "languages.mp4", words("-i " + lecture_file +
                                        " -t 2 -map 0:v -map 0:a -map 0:a -c copy"
                                        " -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu"));
  encode(root_ / "flac.mkv", words("-f lavfi -i sine=duration=1 -c:a flac"));
  const auto subtitles = made_media_directory() / "subtitles.srt";
  write_file(subtitles, "1\n00:00:00,000 --> 00:00:02,000\nGood morning\n\n");
  encode(root_ / "subtitles.mkv", words("-i " + subtitles.string() + " -c:s srt"));
}

void SampleMedia::make_names() const {
  make_once(root_ / "season" / "week 1" / "Einf\u00fchrung 100%.mp4",
            [&](const fs::path& part) { fs::copy_file(root_ / "short.mp4", part); });
  make_once(root_ / "inside.mp4", [](const fs::path& part) { fs::create_symlink("lecture.mp4", part); });
  make_once(root_ / "outside.mp4",
            [](const fs::path& part) { fs::create_symlink("../outside/secret.mp4", part); });
  make_once(root_ / "outside", [](const fs::path& part) { fs::create_symlink("../outside", part); });
}

void SampleMedia::make_broken() const {
  write_file(root_ / "text.mp4", "A lecture is a talk, not a film.\n");
  write_file(root_ / "empty.mp4", "");
  make_once(root_ / "pipe.mp4", [](const fs::path& part) { ::mkfifo(part.c_str(), 0600); });
  const auto secret = fs::absolute(outside_ / "secret.mp4").string();
  write_file(root_ / "hls.mp4", "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n" + secret +
                                    "\n#EXT-X-ENDLIST\n");
  write_file(root_ / "concat.mp4", "ffconcat version 1.0\nfile '" + secret + "'\n");

  const auto whole = content(root_ / "lecture.mp4");
  write_file(root_ / "cut.mp4", whole.substr(0, whole.size() / 2));
  // Its index is at the end, and the end is missing.
  const auto late_index = made_media_directory() / "late-index.mp4";
  encode(late_index, words("-i " + (root_ / "short.mp4").string() + " -c copy"));
  const auto unfinished = content(late_index);
  write_file(root_ / "noindex.mp4", unfinished.substr(0, unfinished.size() / 2));

  const auto shorter = content(root_ / "short.mp4");
  for (unsigned seed = 0; seed < 8; ++seed) {
    std::mt19937 random(seed);
    auto flipped = shorter;
    for (int flips = 0; flips < 40; ++flips) {
      // The index comes first; most of the damage goes there.
      const auto range = flips % 4 == 0 ? flipped.size() : std::min<std::size_t>(flipped.size(), 4096);
      auto& byte = flipped[random() % range];
      byte = static_cast<char>(byte ^ (1 << random() % 8));
    }
    write_file(root_ / ("flipped-" + std::to_string(seed) + ".mp4"), flipped);
  }

  Words tracks = words("-i " + (root_ / "short.mp4").string() + " -t 1");
  for (int i = 0; i < 400; ++i) tracks.insert(tracks.end(), {"-map", "0:a"});
  tracks.insert(tracks.end(), {"-c", "copy"});
  encode(root_ / "many-tracks.mp4", tracks);
}

}  // namespace lectern::test
