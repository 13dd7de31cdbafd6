#include "media/segment_loader.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <deque>
#include <functional>

extern "C" {
#include <libavformat/avformat.h>
}

#include "tests/support/made_media.h"
#include "tests/support/media_reading.h"
#include "tests/support/mutation.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

struct Container {
  std::string name;
  std::filesystem::path (*make)(const std::string& name);
};

const std::vector<Container>& containers() {
  static const auto again = [](const std::string& name) { return clip_as(name); };
  static const std::vector<Container> all{
      {"clip.mp4", [](const std::string&) { return clip(); }},
      {"clip.mov", again},
      {"fragments.mp4",
       [](const std::string& name) {
         return clip_as(name, "-movflags +frag_keyframe+empty_moov+default_base_moof");
       }},
      {"clip.mkv", again},
      {"clip.ts", again},
      {"clip.flv", again},
      {"clip.avi", again},
      {"clip.h264", [](const std::string& name) { return clip_as(name, "-an"); }},
      {"clip.aac", [](const std::string& name) { return clip_as(name, "-vn"); }},
      {"program.mpg",
       [](const std::string& name) {
         return made(name, "-i " + clip().string() + " -c:v mpeg2video -g 15 -bf 2 -c:a mp2 -b:a 128k");
       }},
      {"mpeg4.avi",
       [](const std::string& name) {
         return made(name, "-i " + clip().string() + " -c:v mpeg4 -g 30 -bf 0 -c:a libmp3lame");
       }},
      {"talk.ogg",
       [](const std::string& name) { return made(name, "-i " + clip().string() + " -vn -c:a libvorbis"); }},
      {"theora.ogv",
       [](const std::string& name) {
         return made(name, "-i " + clip().string() + " -c:v libtheora -g 25 -c:a libvorbis");
       }},
      {"clip.webm",
       [](const std::string& name) {
         return made(name, "-i " + clip().string() + " -c:v libvpx -deadline realtime -g 30 -c:a libopus");
       }},
      {"av1.mp4",
       [](const std::string& name) {
         return made(
             name, "-i " + clip().string() + " -c:v libaom-av1 -cpu-used 8 -usage realtime -g 25 -c:a copy");
       }},
      {"av1.mkv",
       [](const std::string& name) {
         return made(
             name, "-i " + clip().string() + " -c:v libaom-av1 -cpu-used 8 -usage realtime -g 25 -c:a copy");
       }},
      {"clip.mp3",
       [](const std::string& name) { return made(name, "-i " + clip().string() + " -vn -c:a libmp3lame"); }},
      {"clip.wav",
       [](const std::string& name) { return made(name, "-i " + clip().string() + " -vn -c:a pcm_s16le"); }},
      {"clip.h265",
       [](const std::string& name) {
         return made(name,
                     "-i " + clip().string() +
                         " -an -c:v libx265 -preset ultrafast -x265-params keyint=25:bframes=2:log-level=0");
       }},
      {"hevc.ts",
       [](const std::string& name) {
         return made(
             name,
             "-i " + clip().string() +
                 " -c:v libx265 -preset ultrafast -x265-params keyint=25:bframes=2:log-level=0 -c:a aac");
       }},
  };
  return all;
}

/// The sizes of each track's units in order are those of ffprobe, and so are the steps of their times.
void compare_with_probe(const IndexedFile& indexed, const std::vector<std::vector<UnitView>>& segments) {
  const auto probed = probe_packets(indexed.file->path());
  const auto demuxer = Demuxer::open(indexed.file);
  REQUIRE(demuxer);
  for (unsigned track = 0; track < indexed.selection.tracks.size(); ++track) {
    const Track& described = indexed.selection.tracks[track];
    CAPTURE(track);
    std::vector<UnitView> units;
    for (const auto& segment : segments)
      for (const UnitView& unit : segment)
        if (unit.track == track) units.push_back(unit);
    std::vector<ProbedPacket> packets;
    for (const ProbedPacket& packet : probed)
      if (packet.stream == described.stream) packets.push_back(packet);
    REQUIRE(packets.size() > 0);
    CHECK(units.size() == packets.size());
    const AVRational base = (*demuxer)->stream(described.stream).time_base;
    for (std::size_t i = 0; i < std::min(units.size(), packets.size()); ++i) {
      CAPTURE(i, units[i]);
      REQUIRE(units[i].size == packets[i].size);
      if (!packets[i].pts || !packets[0].pts) continue;
      const double ticks = static_cast<double>(*packets[i].pts - *packets[0].pts) * base.num / base.den *
                           described.format.clock_rate;
      REQUIRE(std::abs(static_cast<double>(units[i].pts_ticks - units[0].pts_ticks) - ticks) <= 2);
    }
  }
}

/// However a segment is come by, it is the same.
void compare_orders(const IndexedFile& indexed, const std::vector<std::vector<UnitView>>& segments) {
  Random random(7);
  const auto loader = indexed.loader();
  std::size_t before = 0;
  for (std::size_t i = 0; i < 2 * segments.size(); ++i) {
    const std::size_t k = random.below(segments.size());
    CAPTURE(k, i, before);
    before = k;
    REQUIRE(difference(indexed.load(*loader, k), segments[k]) == "");
  }
  for (std::size_t k = segments.size(); k-- > 0;) {
    CAPTURE(k, "backwards");
    REQUIRE(difference(indexed.load(*loader, k), segments[k]) == "");
  }
}

}  // namespace

TEST_CASE("each segment is the same in any order, and all of them are the file") {
  for (const Container& container : containers()) {
    DYNAMIC_SECTION(container.name) {
      const IndexedFile indexed(container.make(container.name));
      const auto segments = indexed.load_all();
      REQUIRE(segments.size() >= 5);
      compare_with_probe(indexed, segments);
      compare_orders(indexed, segments);
    }
  }
}

namespace {

using Segments = std::vector<std::vector<UnitView>>;

std::filesystem::path written(const std::string& name, const std::string& text) {
  const auto file = made_media_directory() / "unit" / name;
  write_file(file, text);
  return file;
}

std::vector<UnitView> of_track(const Segments& segments, unsigned track) {
  std::vector<UnitView> units;
  for (const auto& segment : segments)
    for (const UnitView& unit : segment)
      if (unit.track == track) units.push_back(unit);
  return units;
}

/// No segment is longer than `most`, in any track.
void compare_lengths(const Segments& segments, MediaTime most) {
  for (const auto& segment : segments)
    for (unsigned track = 0; track < 2; ++track) {
      const auto units = of_track({segment}, track);
      if (!units.empty()) CHECK(units.back().dts - units.front().dts <= most);
    }
}

/// The packets of `pid` stand `packets` of them later in the file.
std::string delayed(const std::string& stream, unsigned pid, std::size_t packets) {
  constexpr std::size_t size = 188;
  std::string result;
  std::deque<std::string> waiting;
  for (std::size_t at = 0; at + size <= stream.size(); at += size) {
    const std::string packet = stream.substr(at, size);
    const unsigned of =
        (static_cast<unsigned char>(packet[1]) & 0x1fU) << 8 | static_cast<unsigned char>(packet[2]);
    if (of != pid) {
      result += packet;
      continue;
    }
    waiting.push_back(packet);
    if (waiting.size() <= packets) continue;
    result += waiting.front();
    waiting.pop_front();
  }
  for (const std::string& packet : waiting) result += packet;
  return result;
}

}  // namespace

TEST_CASE("sound that stands seconds behind its picture in the file is neither lost nor doubled") {
  // 47 units a second in 15 packets or so.
  const auto late = written("late.ts", delayed(content(clip_as("clip.ts")), 0x101, 45));
  const IndexedFile indexed(late);
  const auto segments = indexed.load_all();
  compare_with_probe(indexed, segments);
  compare_orders(indexed, segments);
}

TEST_CASE("sound that stands seconds before its picture in the file is neither lost nor doubled") {
  const auto early = written("early.ts", delayed(content(clip_as("clip.ts")), 0x100, 400));
  const IndexedFile indexed(early);
  const auto segments = indexed.load_all();
  compare_with_probe(indexed, segments);
  compare_orders(indexed, segments);
}

TEST_CASE("MPEG-TS files that were joined play on without a gap") {
  const std::string one = content(clip_as("clip.ts"));
  const auto other = clip_as("later.ts", "-t 5 -output_ts_offset 3600");
  for (const auto& [name, text] : {std::pair("twice.ts", one + one),
                                   {"forth.ts", one + content(other)},
                                   {"back.ts", content(other) + one}}) {
    DYNAMIC_SECTION(name) {
      const IndexedFile indexed(written(name, text));
      const auto segments = indexed.load_all();
      const auto probed = probe_packets(indexed.file->path());
      for (unsigned track = 0; track < 2; ++track)
        CHECK(static_cast<std::ptrdiff_t>(of_track(segments, track).size()) ==
              std::count_if(probed.begin(), probed.end(), [&](const ProbedPacket& packet) {
                return packet.stream == indexed.selection.tracks[track].stream;
              }));
      for (unsigned track = 0; track < 2; ++track) {
        const auto units = of_track(segments, track);
        for (std::size_t i = 1; i < units.size(); ++i) {
          CAPTURE(track, i, units[i - 1], units[i]);
          REQUIRE(units[i].dts - units[i - 1].dts >= 0);
          REQUIRE(units[i].dts - units[i - 1].dts < 1'000'000);
        }
      }
      const MediaTime end = std::string(name) == "twice.ts" ? 24'000'000 : 17'000'000;
      CHECK(std::abs(*indexed.index.end() - end) < 1'000'000);
      // Picture and sound stay together.
      CHECK(std::abs(of_track(segments, 0).back().dts - of_track(segments, 1).back().dts) < 300'000);
      compare_orders(indexed, segments);
    }
  }
}

TEST_CASE("a film with one key frame is cut between its random access points") {
  const std::string once =
      "-i " + clip().string() +
      " -c:v libx264 -preset veryfast -g 10000 -keyint_min 10000 -sc_threshold 0 -bf 2 -c:a copy";
  made("once.mp4", once);
  for (const std::string name : {"once.mp4", "once.mkv", "once.ts", "once.flv"}) {
    DYNAMIC_SECTION(name) {
      const auto file = made(name, "-i " + made("once.mp4", once).string() + " -c copy");
      const IndexedFile indexed(file);
      CHECK(indexed.index.size() >= 6);
      for (std::size_t k = 0; k < indexed.index.size(); ++k)
        CHECK(indexed.index.at(k).random_access == (k == 0));
      const auto segments = indexed.load_all();
      compare_lengths(segments, 2'100'000);
      compare_with_probe(indexed, segments);
      compare_orders(indexed, segments);
    }
  }
}

TEST_CASE("raw video with one key frame is cut too, only later") {
  const auto file = made("once.h264", "-stream_loop 1 -i " + clip().string() +
                                          " -an -c:v libx264 -preset veryfast -g 10000 -keyint_min 10000"
                                          " -sc_threshold 0 -bf 2");
  const IndexedFile indexed(file);
  CHECK(indexed.index.size() == 2);
  const auto segments = indexed.load_all();
  compare_lengths(segments, 16'100'000);
  compare_with_probe(indexed, segments);
  compare_orders(indexed, segments);
}

TEST_CASE("under a still picture the sound is cut alone") {
  for (const std::string name : {"still.mp4", "still.mkv", "still.ts"}) {
    DYNAMIC_SECTION(name) {
      const IndexedFile indexed(made(name,
                                     "-f lavfi -i color=size=160x120:rate=1:duration=1 -f lavfi -i "
                                     "sine=duration=60 -c:v libx264 -c:a aac"));
      const auto segments = indexed.load_all();
      CHECK(segments.size() >= 4);
      // libavformat may give the picture only once it sees the end: the first cut is so much later.
      compare_lengths(segments, 21'000'000);
      compare_with_probe(indexed, segments);
      if (name == "still.mp4") compare_orders(indexed, segments);
    }
  }
}

TEST_CASE("edit lists, sound that starts late, frames at any interval and a first frame in the middle") {
  const std::string from_clip = "-i " + clip().string();
  const std::string transport = content(clip_as("clip.ts"));
  const std::vector<std::pair<std::string, std::function<std::filesystem::path(const std::string&)>>> files{
      {"edited.mp4",
       [&](const std::string& name) { return made(name, "-ss 0.7 " + from_clip + " -c copy"); }},
      {"late-sound.mp4",
       [&](const std::string& name) {
         return made(name, from_clip + " -itsoffset 3 " + from_clip + " -map 0:v -map 1:a -c copy");
       }},
      {"late-picture.mkv",
       [&](const std::string& name) {
         return made(name, "-itsoffset 4 " + from_clip + " " + from_clip + " -map 0:v -map 1:a -c copy");
       }},
      {"any-interval.mp4",
       [&](const std::string& name) {
         return made(name,
                     from_clip +
                         " -c:v libx264 -preset veryfast -bf 2 -vf select=lt(mod(n\\,50)\\,7) -vsync vfr"
                         " -c:a copy");
       }},
      {"any-interval.mkv",
       [&](const std::string& name) {
         return made(name,
                     from_clip +
                         " -c:v libx264 -preset veryfast -bf 2 -vf select=lt(mod(n\\,50)\\,7) -vsync vfr"
                         " -c:a copy");
       }},
      {"middle.ts", [&](const std::string& name) { return written(name, transport.substr(188 * 150)); }},
      {"unfinished.ts",
       [&](const std::string& name) { return written(name, transport.substr(0, transport.size() * 3 / 4)); }},
      {"unfinished.mkv",
       [&](const std::string& name) {
         const std::string whole = content(clip_as("clip.mkv"));
         return written(name, whole.substr(0, whole.size() * 3 / 4));
       }},
      {"unfinished-fragments.mp4",
       [&](const std::string& name) {
         const std::string whole =
             content(clip_as("fragments.mp4", "-movflags +frag_keyframe+empty_moov+default_base_moof"));
         return written(name, whole.substr(0, whole.size() * 3 / 4));
       }},
  };
  for (const auto& [name, make] : files) {
    DYNAMIC_SECTION(name) {
      const IndexedFile indexed(make(name));
      const auto segments = indexed.load_all();
      compare_with_probe(indexed, segments);
      compare_orders(indexed, segments);
    }
  }
}

TEST_CASE("slides of 15 s under sound that goes on keep their times in MPEG-TS and MPEG-PS") {
  for (const std::string name : {"slides.ts", "slides.mpg", "slides.mkv", "slides.flv"}) {
    DYNAMIC_SECTION(name) {
      const std::string codecs = name.ends_with(".mpg") ? "-c:v mpeg2video -r 25 -vsync passthrough -c:a mp2"
                                                        : "-c:v libx264 -tune zerolatency -g 1 -c:a aac";
      const IndexedFile indexed(made(name,
                                     "-f lavfi -i testsrc2=size=160x120:rate=25:duration=61 -f lavfi -i "
                                     "sine=duration=61 -vf select=not(mod(n\\,375)) -vsync vfr " +
                                         codecs));
      const auto segments = indexed.load_all();
      compare_with_probe(indexed, segments);
      CHECK(std::abs(*indexed.index.end() - 61'000'000) < 2'000'000);
      const auto pictures = of_track(segments, 0);
      REQUIRE(pictures.size() >= 4);
      for (std::size_t i = 1; i < pictures.size(); ++i)
        CHECK(std::abs(pictures[i].dts - pictures[i - 1].dts - 15'000'000) < 1000);
      for (std::size_t k = 1; k < indexed.index.size(); ++k)
        CHECK(indexed.index.at(k).cut >= indexed.index.at(k - 1).cut);
      // Each slide that can be decoded alone is found, also where the sound cut before it came.
      const auto loader = indexed.loader();
      for (const UnitView& picture : pictures) {
        if (!picture.random_access) continue;
        CAPTURE(picture);
        const std::size_t k = indexed.index.find(picture.dts);
        const auto inside = of_track({indexed.load(*loader, k)}, 0);
        CHECK(std::count_if(inside.begin(), inside.end(),
                            [&](const UnitView& unit) { return unit == picture; }) == 1);
        const auto alone = loader->load_random_access_point(indexed.index.range(k));
        REQUIRE(alone);
        REQUIRE(alone->units.size() == 1);
        CHECK(alone->units[0].random_access);
      }
    }
  }
}

namespace {

/// The positions of the tags of `type` (8 sound, 9 picture) in an FLV file.
std::vector<std::size_t> flv_tags(const std::string& text, char type) {
  std::vector<std::size_t> tags;
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(text[i]));
  };
  for (std::size_t at = 13; at + 11 <= text.size();) {
    if (text[at] == type) tags.push_back(at);
    at += 11 + (byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3)) + 4;
  }
  return tags;
}

}  // namespace

TEST_CASE("a flipped bit in a time of FLV puts off nothing") {
  const std::string whole = content(clip_as("clip.flv"));
  const IndexedFile sound(clip_as("clip.flv"));
  const auto want = sound.load_all();
  for (const char type : {'\x8', '\x9'}) {
    for (const std::size_t which : {40U, 51U, 126U}) {
      CAPTURE(static_cast<int>(type), which);
      std::string text = whole;
      char& byte = text[flv_tags(text, type)[which] + 4];
      byte = static_cast<char>(byte ^ 0x20);  // 2,097 s
      const IndexedFile indexed(
          written("flipped-" + std::to_string(type) + "-" + std::to_string(which) + ".flv", text));
      const auto segments = indexed.load_all();
      CHECK(std::abs(*indexed.index.end() - *sound.index.end()) < 3'500'000);
      for (unsigned track = 0; track < 2; ++track) {
        const auto have = of_track(segments, track), units = of_track(want, track);
        REQUIRE(have.size() == units.size());
        for (std::size_t i = 0; i < have.size(); ++i) {
          CAPTURE(track, i, have[i], units[i]);
          REQUIRE(std::abs(have[i].dts - units[i].dts) < 100'000);
        }
      }
      const auto loader = indexed.loader();
      for (std::size_t k = segments.size(); k-- > 0;)
        for (const UnitView& unit : indexed.load(*loader, k)) CHECK(unit.dts < 2'200'000'000);
    }
  }
}

TEST_CASE("a segment has a bound, and what is beyond it is left out with a word") {
  const IndexedFile indexed(clip());
  SegmentRange all = indexed.index.range(0);
  all.next.reset();
  const auto loader = indexed.loader();
  const auto units = loader->load(all);
  REQUIRE(units);
  CHECK(units->failure.empty());
  const IndexedFile long_sound(
      made("long.wav", "-f lavfi -i sine=sample_rate=8000:duration=9000 -c:a pcm_u8"));
  CHECK(long_sound.index.size() > 20);
  SegmentRange hours = long_sound.index.range(0);
  hours.next.reset();
  const auto bounded = long_sound.loader()->load(hours);
  REQUIRE(bounded);
  std::size_t bytes = 0;
  for (const Unit& unit : bounded->units) bytes += static_cast<std::size_t>(unit.packet->size);
  CHECK(bounded->failure == "too much in one place, the rest of it is left out");
  CHECK(!bounded->truncated);
  CHECK(bytes <= std::size_t{65} << 20);
}
