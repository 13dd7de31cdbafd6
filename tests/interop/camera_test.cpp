// Real programs as cameras: killed, stopped, started again with other pictures, and what a viewer decodes
// meanwhile.
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>

#include "tests/interop/decoder.h"
#include "tests/interop/interop_media.h"
#include "tests/support/server_process.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

/// ffmpeg as a camera that sends MPEG-TS to whoever connects, one connection.
Words ffmpeg_camera(std::uint16_t port, const std::string& size, const std::string& encoder) {
  return words("ffmpeg -nostdin -v error -re -f lavfi -i testsrc2=size=" + size + ":rate=25 -c:v " + encoder +
               " -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 25 -f mpegts tcp://127.0.0.1:" +
               std::to_string(port) + "?listen=1");
}

/// GStreamer's RTSP server over a folder of MP4 files; empty where it is not built.
Words gstreamer_camera(std::uint16_t port, const std::filesystem::path& folder) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "bench" /
                       "bench-gst-server";
  if (std::filesystem::exists(program))
    return {program.string(), std::to_string(port), folder.string(), "shared"};
  WARN("skipped: " << program << " is not built, as libgstrtspserver-1.0-dev is missing");
  return {};
}

/// A folder with one file, cam.mp4: what a camera with that picture sends.
std::filesystem::path folder_of(const std::string& size) {
  const auto folder = InteropMedia::get().root() / ("camera-" + size);
  std::filesystem::create_directories(folder);
  REQUIRE(run(words("ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=" + size +
                    ":rate=25 -f lavfi -i sine -t 50 -c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p"
                    " -c:a aac " +
                    (folder / "cam.mp4").string()))
              .code == 0);
  return folder;
}

}  // namespace

TEST_CASE("a viewer decodes through outages: a camera, a card, and a camera of another size",
          "[ffmpeg][live]") {
  const std::uint16_t port = free_port();
  const ServerProcess server(
      {InteropMedia::get().root(),
       "loops: 1\npaths:\n  live: { source: \"tcp://127.0.0.1:" + std::to_string(port) +
           "\", read_timeout: 2s, start_timeout: 20s, fallback: card }\n",
       false});
  const auto lives = [&] { return count_of(server.log(), "/live: live from "); };
  auto camera = std::make_unique<Command>(ffmpeg_camera(port, "320x180", "libx264"));
  REQUIRE(eventually([&] { return lives() == 1; }));
  Decoder viewer(server.url("/live"));
  REQUIRE(eventually([&] { return viewer.pictures() > 20; }));

  camera->send(SIGSTOP);
  REQUIRE(eventually([&] { return count_of(server.log(), "/live: viewers see something else") == 1; }));
  CHECK(count_of(server.log(), "has sent nothing for 2 s") == 1);
  const std::size_t before = viewer.pictures();
  REQUIRE(eventually([&] { return viewer.pictures() > before + 10; }));
  camera->send(SIGCONT);
  camera.reset();

  camera = std::make_unique<Command>(ffmpeg_camera(port, "640x360", "libx264"));
  REQUIRE(eventually([&] { return lives() == 2; }));
  const std::size_t back = viewer.pictures();
  REQUIRE(eventually([&] { return viewer.pictures() > back + 30; }));
  CHECK(viewer.program().running());
  INFO(viewer.output());
  CHECK(viewer.said().empty());

  // Another codec cannot go on in the same stream: the viewer is told that it ends.
  camera.reset();
  camera = std::make_unique<Command>(ffmpeg_camera(port, "320x180", "libx265 -x265-params log-level=none"));
  REQUIRE(eventually([&] { return lives() == 3; }, 60s));
  CHECK(viewer.program().wait(20s) == 0);
  const auto after = run(words("ffmpeg -nostdin -v error -rtsp_transport tcp -i " + server.url("/live") +
                               " -an -frames:v 10 -f framemd5 -"));
  CHECK(after.code == 0);
  CHECK(count_of(after.output, "\n0, ") == 10);
}

TEST_CASE("pictures that change their size in the middle are decoded on", "[ffmpeg][live]") {
  const auto small = InteropMedia::get().root() / "small.ts", large = InteropMedia::get().root() / "large.ts";
  for (const auto& [file, size] : {std::pair(small, "320x180"), std::pair(large, "640x360")})
    REQUIRE(run(words("ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size="s + size +
                      ":rate=25 -t 2 -c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -f mpegts " +
                      file.string()))
                .code == 0);
  const std::uint16_t port = free_port();
  const ServerProcess server({InteropMedia::get().root(),
                              "loops: 1\npaths:\n  live: { source: \"tcp://127.0.0.1:" +
                                  std::to_string(port) + "\", start_timeout: 20s }\n",
                              false});
  const Command camera(words("ffmpeg -nostdin -v error -re -stream_loop -1 -i concat:" + small.string() +
                             "|" + large.string() +
                             " -c copy -f mpegts tcp://127.0.0.1:" + std::to_string(port) + "?listen=1"));
  Decoder viewer(server.url("/live"));
  REQUIRE(eventually([&] { return viewer.pictures() > 220; }, 60s));
  INFO(viewer.said());
  CHECK(viewer.program().running());
  CHECK(viewer.said().find("error") == std::string::npos);
  CHECK(viewer.said().find("Invalid") == std::string::npos);
  CHECK(count_of(server.log(), "/live: away: ") <= 1);  // until the camera listened
}

TEST_CASE("GStreamer's RTSP server as a camera that is killed and started again", "[gstreamer][live]") {
  const std::uint16_t port = free_port();
  const std::string url = "rtsp://127.0.0.1:" + std::to_string(port) + "/h264.mp4";
  const Words command = gstreamer_camera(port, InteropMedia::get().root());
  if (command.empty()) return;
  auto camera = std::make_unique<Command>(command);
  const ServerProcess server(
      {InteropMedia::get().root(),
       "loops: 1\npaths:\n  live: { source: \"" + url +
           "\", transport: tcp, read_timeout: 2s, start_timeout: 20s, fallback: card }\n",
       false});
  const auto lives = [&] { return count_of(server.log(), "/live: live from "); };
  REQUIRE(eventually([&] { return lives() >= 1; }));
  Decoder viewer(server.url("/live"));
  REQUIRE(eventually([&] { return viewer.pictures() > 10; }));
  camera->send(SIGSTOP);
  REQUIRE(eventually([&] { return count_of(server.log(), "/live: away: ") >= 1; }));
  camera->send(SIGCONT);
  camera.reset();
  const std::size_t before = viewer.pictures(), were = lives();
  camera = std::make_unique<Command>(command);
  REQUIRE(eventually([&] { return lives() > were && viewer.pictures() > before + 20; }));
  CHECK(viewer.program().running());
}

TEST_CASE("GStreamer's RTSP server as a camera that comes back with pictures of another size",
          "[gstreamer][live]") {
  const std::uint16_t port = free_port();
  const auto small = folder_of("320x180"), large = folder_of("640x360");
  const Words first = gstreamer_camera(port, small), second = gstreamer_camera(port, large);
  if (first.empty()) return;
  auto camera = std::make_unique<Command>(first);
  const ServerProcess server(
      {InteropMedia::get().root(),
       "loops: 1\npaths:\n  live: { source: \"rtsp://127.0.0.1:" + std::to_string(port) +
           "/cam.mp4\", transport: tcp, read_timeout: 2s, start_timeout: 20s }\n",
       false});
  const auto lives = [&] { return count_of(server.log(), "/live: live from "); };
  REQUIRE(eventually([&] { return lives() == 1; }));
  Decoder viewer(server.url("/live"));
  REQUIRE(eventually([&] { return viewer.pictures() > 20; }));
  camera->send(SIGKILL);
  camera = std::make_unique<Command>(second);
  const std::size_t before = viewer.pictures();
  REQUIRE(eventually([&] { return lives() == 2 && viewer.pictures() > before + 60; }));
  CHECK(viewer.program().running());
  const auto shown = picture_hashes(viewer.output());
  INFO(viewer.said());
  CHECK(viewer.said().find("error") == std::string::npos);
  CHECK(viewer.said().find("Invalid") == std::string::npos);
  // Picture for picture what the other file holds.
  const auto of_large =
      picture_hashes(run(words("ffmpeg -nostdin -v error -i " + (large / "cam.mp4").string() +
                               Decoder::at_one_size + "-f framemd5 -"))
                         .output);
  REQUIRE(of_large.size() == 1250);
  const std::vector<std::string> newest(shown.end() - 30, shown.end());
  CHECK_FALSE(std::ranges::search(of_large, newest).empty());
  const auto now = run(words("ffmpeg -nostdin -v error -rtsp_transport tcp -i " + server.url("/live") +
                             " -an -frames:v 5 -f framemd5 -"));
  CHECK(now.output.find("#dimensions 0: 640x360\n") != std::string::npos);
}
