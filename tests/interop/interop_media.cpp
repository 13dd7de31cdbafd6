#include "tests/interop/interop_media.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <stdexcept>

#include "tests/interop/command.h"

namespace lectern::test {
namespace {

namespace fs = std::filesystem;
using Audio = MediaCase::Audio;

const std::string picture = "-f lavfi -i testsrc2=size=176x144:rate=25:duration=4 ";
// A rising tone: no two packets are alike.
const std::string tone = "-f lavfi -i aevalsrc=0.3*sin(2*PI*t*(300+200*t)):s=48000:d=4 ";
const std::string slow_tone = "-f lavfi -i aevalsrc=0.3*sin(2*PI*t*(300+200*t)):s=8000:d=4 ";
const std::string stereo =
    "-f lavfi -i aevalsrc=0.3*sin(2*PI*t*(300+200*t))|0.2*sin(2*PI*t*(700+90*t)):s=44100:d=4 ";
const std::string h264 = "-c:v libx264 -pix_fmt yuv420p -preset veryfast -threads 1 -g 25 -bf 3 ";
const std::string h265 =
    "-c:v libx265 -pix_fmt yuv420p -preset ultrafast -x265-params "
    "log-level=none:keyint=25:bframes=3:pools=1:frame-threads=1 ";
const std::string aac = "-c:a aac -b:a 64k ";

// Under a name of its own until it is whole, so that a stopped run leaves nothing half made.
void make_once(const fs::path& file, const std::function<void(const fs::path&)>& write) {
  if (fs::exists(file)) return;
  fs::create_directories(file.parent_path());
  const auto part = file.parent_path() / (".part-" + std::to_string(::getpid()) + file.extension().string());
  write(part);
  fs::rename(part, file);
}

void encode(const fs::path& file, const std::string& arguments) {
  make_once(file, [&](const fs::path& part) {
    auto all = words("ffmpeg -nostdin -v error -y " + arguments);
    all.push_back(part.string());
    const auto made = run(all);
    if (made.code != 0)
      throw std::runtime_error("ffmpeg could not make " + file.string() + ":\n" + made.output);
  });
}

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

fs::path recordings() {
  if (const char* named = std::getenv("LECTERN_SHARED_MEDIA")) return named;
#ifdef LECTERN_SOURCE_DIR
  return fs::path(LECTERN_SOURCE_DIR) / ".." / "shared" / "media";
#else
  return {};
#endif
}

}  // namespace

const InteropMedia& InteropMedia::get() {
  static const InteropMedia media;
  return media;
}

InteropMedia::InteropMedia() : root_(LECTERN_INTEROP_MEDIA_DIR) {
  make_video();
  make_audio();
  make_strange();
  link_recordings();
}

void InteropMedia::add(MediaCase media, const std::string& arguments) {
  encode(root_ / media.path, arguments);
  cases_.push_back(std::move(media));
}

void InteropMedia::make_video() {
  add({"h264.mp4", true, Audio::packets}, picture + tone + h264 + aac);
  add({"h264-open-gop.mov", true, Audio::packets}, picture + tone + h264 + "-x264-params open-gop=1 " + aac);
  add({"h264-fragmented.mp4", true, Audio::packets},
      picture + tone + h264 + aac + "-movflags frag_keyframe+empty_moov");
  add({"h264.mkv", true, Audio::packets}, picture + tone + h264 + aac);
  add({"h264.ts", true, Audio::adts}, picture + tone + h264 + aac);
  add({"h264.flv", true, Audio::packets}, picture + stereo + h264 + aac);
  add({"h264.avi", true, Audio::packets}, picture + tone + h264 + "-c:a libmp3lame");
  add({"h264-no-b.avi", true, Audio::packets}, picture + tone + h264 + "-bf 0 -c:a libmp3lame");
  add({"raw.h264"}, picture + h264);
  add({"hevc.mp4", true, Audio::packets}, picture + tone + h265 + aac);
  add({"hevc.ts", true, Audio::adts}, picture + tone + h265 + aac);
  add({"hevc.mkv", true, Audio::packets}, picture + tone + h265 + aac);
  add({"raw.hevc"}, picture + h265);
  add({"vp8.webm", true, Audio::packets},
      picture + tone + "-c:v libvpx -deadline realtime -g 25 -b:v 300k -c:a libvorbis");
  add({"vp9.webm", true, Audio::packets},
      picture + tone + "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 25 -b:v 300k -c:a libopus");
  add({"mjpeg.avi", true, Audio::samples},
      picture + tone + "-c:v mjpeg -pix_fmt yuvj420p -huffman default -c:a pcm_s16le");
  add({"mjpeg.mov", true, Audio::samples},
      picture + tone + "-c:v mjpeg -pix_fmt yuvj420p -huffman default -c:a pcm_s16be");
  add({"theora.ogv", true, Audio::packets}, picture + tone + "-c:v libtheora -g 25 -c:a libvorbis");
  add({"mpeg4.avi", true, Audio::packets}, picture + tone + "-c:v mpeg4 -g 25 -c:a libmp3lame");
  add({"mpeg4.mp4", true, Audio::packets}, picture + tone + "-c:v mpeg4 -g 25 -bf 2 " + aac);
  add({"mpeg2.ts", true, Audio::packets}, picture + tone + "-c:v mpeg2video -g 15 -bf 2 -c:a mp2");
  add({"mpeg2.mpg", true, Audio::packets}, picture + tone + "-c:v mpeg2video -g 15 -bf 2 -c:a mp2 -f vob");
  add({"h263.3gp", true, Audio::packets}, picture + slow_tone + "-c:v h263 -g 25 " + aac);
}

void InteropMedia::make_audio() {
  add({"aac.m4a", false, Audio::packets}, stereo + aac);
  add({"aac.aac", false, Audio::adts}, stereo + aac);
  add({"aac.ts", false, Audio::adts}, stereo + aac);
  add({"mp3.mp3", false, Audio::packets}, stereo + "-c:a libmp3lame");
  add({"mp2.mp2", false, Audio::packets}, stereo + "-c:a mp2");
  add({"ac3.ac3", false, Audio::packets}, stereo + "-c:a ac3");
  add({"ac3.mp4", false, Audio::packets}, stereo + "-c:a ac3");
  add({"opus.ogg", false, Audio::packets}, tone + "-c:a libopus");
  add({"opus.mkv", false, Audio::packets}, tone + "-c:a libopus -frame_duration 60");
  add({"vorbis.ogg", false, Audio::packets}, stereo + "-c:a libvorbis");
  add({"speex.ogg", false, Audio::packets}, slow_tone + "-c:a libspeex");
  add({"s16.wav", false, Audio::samples}, stereo + "-c:a pcm_s16le");
  add({"u8.wav", false, Audio::samples}, slow_tone + "-c:a pcm_u8");
  add({"s24.wav", false, Audio::samples, "rounded"}, tone + "-c:a pcm_s24le");
  add({"f32.wav", false, Audio::samples, "rounded"}, tone + "-c:a pcm_f32le");
  add({"a-law.wav", false, Audio::samples}, slow_tone + "-c:a pcm_alaw");
  add({"mu-law.wav", false, Audio::samples}, slow_tone + "-c:a pcm_mulaw");
}

void InteropMedia::make_strange() {
  const auto from = [&](const std::string& name) { return "-i " + file(name) + " "; };
  add({"languages.mkv", true, Audio::packets},
      from("h264.mp4") + from("aac.m4a") +
          "-map 0:v -map 0:a -map 1:a -c copy -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu");
  // Every third picture left out.
  add({"variable-rate.mkv"}, picture + "-vf select='mod(n,3)' -fps_mode passthrough " + h264);
  // What stands before the edit must be decoded, and RTP cannot say that it is not shown.
  add({"edit-list.mp4", true, Audio::packets, "pre-roll"}, "-ss 1.5 " + from("h264.mp4") + "-c copy");
  add({"late-audio.mp4", true, Audio::packets},
      from("h264.mp4") + "-itsoffset 0.7 " + from("h264.mp4") + "-map 0:v -map 1:a -c copy");
  add({"late-video.mkv", true, Audio::packets},
      from("h264.mp4") + "-itsoffset 0.7 " + from("h264.mp4") + "-map 0:a -map 1:v -c copy");
  add({"negative-dts.mp4", true, Audio::packets},
      from("h264.mp4") + "-c copy -movflags negative_cts_offsets");
  add({"cover.mp3", false, Audio::packets},
      stereo +
          "-f lavfi -i color=red:size=64x64:duration=0.04 -map 0 -map 1 -c:a libmp3lame -c:v mjpeg "
          "-disposition:v attached_pic -id3v2_version 3");
  // Not played whole: for seeking.
  const std::string key_frames = "-g 25 -keyint_min 25 -sc_threshold 0 ";
  encode(root_ / "long.mp4",
         "-f lavfi -i testsrc2=size=176x144:rate=25:duration=30 -f lavfi -i sine=duration=30 " + h264 +
             key_frames + aac);
  for (const auto* container : {"mp4", "ts", "mkv"})
    encode(root_ / (std::string("seek.") + container),
           from("long.mp4") + "-an -t 6 -x264-params open-gop=0 " + h264 + key_frames);
  const auto cut = root_ / "cut.ts";
  make_once(cut, [&](const fs::path& part) {
    constexpr std::size_t packet = 188;
    const auto whole = content(root_ / "h264.ts");
    // About a seventh of it is gone, and with it the first key frame.
    std::ofstream(part, std::ios::binary) << whole.substr(whole.size() / 7 / packet * packet);
  });
  cases_.push_back({"cut.ts", true, Audio::adts, "starts in the middle"});
}

void InteropMedia::link_recordings() {
  const auto folder = recordings();
  std::error_code missing;
  if (!fs::is_directory(folder, missing)) return;
  static const std::map<std::string, MediaCase> known{
      {"ac3.mp4", {"", false, Audio::packets}},
      {"edts.mp4", {"", true, Audio::packets}},
      {"h264-aac-60fps.ts", {"", true, Audio::adts}},
      {"h264-aac.mp4", {"", true, Audio::packets}},
      {"hevc-aac.mp4", {"", true, Audio::packets}},
      {"hevc-aac.ts", {"", true, Audio::adts}},
      {"missing-keyframe-labels.ts", {"", true, Audio::adts}},
      {"multiple-aac-tracks.mp4", {"", false, Audio::packets}},
      {"pcm.wav", {"", false, Audio::samples}},
      {"speech.aac", {"", false, Audio::adts}},
      {"vbr.mp3", {"", false, Audio::packets}},
      {"vorbis.ogg", {"", false, Audio::packets}},
      {"vp8.webm", {"", true, Audio::none}},
      {"vp9.webm", {"", true, Audio::none}},
  };
  for (const auto& [name, kind] : known) {
    if (!fs::exists(folder / name)) continue;
    // A copy: the server opens nothing outside of its root.
    make_once(root_ / "real" / name, [&](const fs::path& part) { fs::copy_file(folder / name, part); });
    auto media = kind;
    media.path = "real/" + name;
    cases_.push_back(std::move(media));
  }
}

}  // namespace lectern::test
