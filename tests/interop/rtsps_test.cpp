// Players by RTSPS, their media inside TLS: what they receive equals the file.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/interop/command.h"
#include "tests/interop/frames.h"
#include "tests/interop/shared_server.h"
#include "tests/support/temporary_folder.h"

using namespace lectern::test;

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("ffmpeg receives files whole by RTSPS", "[ffmpeg][rtsps]") {
  struct Playback {
    std::string path, found;
  };
  std::vector<Playback> playbacks;
  for (const auto* path : {"h264.mp4", "hevc.mp4", "vp9.webm", "s16.wav", "h264.ts"})
    playbacks.push_back({path, {}});
  server().rtsps_port();
  std::vector<std::thread> players;
  for (auto& playback : playbacks)
    players.emplace_back([&playback] {
      for (const auto& media : InteropMedia::get().cases()) {
        if (media.path != playback.path) continue;
        const auto received =
            read_frames("", "", server().rtsps_url("/" + media.path), media, std::chrono::seconds(60));
        const auto file =
            read_frames("", "", InteropMedia::get().file(media.path), media, std::chrono::seconds(60));
        playback.found = difference(file, received, media);
        return;
      }
      playback.found = "no such case";
    });
  for (auto& player : players) player.join();
  for (const auto& [path, found] : playbacks) {
    INFO(path << "\n" << found);
    CHECK(found.empty());
  }
}

TEST_CASE("GStreamer receives by RTSPS what the file holds, and ends with it", "[gstreamer][rtsps]") {
  const TemporaryFolder folder;
  const auto wanted = (folder.path() / "file").string(), got = (folder.path() / "stream").string();
  REQUIRE(run(words("ffmpeg -nostdin -v error -y -i " + InteropMedia::get().file("h264.mp4") +
                    " -fps_mode passthrough -map 0:v -pix_fmt yuv420p -f rawvideo " + wanted))
              .code == 0);
  Command command(words("gst-launch-1.0 rtspsrc location=" + server().rtsps_url("/h264.mp4") +
                        " tls-validation-flags=0 protocols=tcp latency=300 ! application/x-rtp,media=video ! "
                        "rtph264depay ! identity single-segment=true ! avdec_h264 ! filesink location=" +
                        got));
  const int code = command.wait(std::chrono::seconds(40));
  INFO(command.output().substr(0, 4000));
  CHECK((code == 0 || command.output().find("Received end-of-file") != std::string::npos));
  CHECK(command.output().find("Got EOS from element") != std::string::npos);
  CHECK(content(wanted).size() > 10000);
  CHECK((content(got) == content(wanted)));
}

TEST_CASE("mpv plays a part by RTSPS", "[mpv][rtsps]") {
  const auto begun = Command::Clock::now();
  Command mpv({"mpv", "--no-config", "--vo=null", "--ao=null", "--force-seekable=yes", "--start=10",
               "--length=2", server().rtsps_url("/long.mp4")});
  CHECK(mpv.wait(std::chrono::seconds(20)) == 0);
  const double took = std::chrono::duration<double>(mpv.ended_at() - begun).count();
  INFO(mpv.output());
  CHECK(took > 1.5);
  CHECK(took < 15);
}
