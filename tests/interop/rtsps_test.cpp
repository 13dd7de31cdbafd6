// Players by RTSPS, their media inside TLS: more containers and codecs than in matrix_test.cpp, and seeking.
#include <catch2/catch.hpp>
#include <thread>

#include "tests/interop/command.h"
#include "tests/interop/frames.h"
#include "tests/interop/shared_server.h"

using namespace lectern::test;

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
