// Real programs as cameras: killed, stopped, started again with other pictures, and what a viewer decodes
// meanwhile.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

#include "tests/interop/command.h"
#include "tests/interop/interop_media.h"
#include "tests/support/server_process.h"
#include "tests/support/socket.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

std::uint16_t free_port() {
  const auto address = Address::of("127.0.0.1", 0);
  const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(socket.fd(), address.raw(), address.size) == 0);
  return local_port(socket);
}

/// ffmpeg as a camera that sends MPEG-TS to whoever connects, one connection.
Words ffmpeg_camera(std::uint16_t port, const std::string& size, const std::string& encoder) {
  return words("ffmpeg -nostdin -v error -re -f lavfi -i testsrc2=size=" + size + ":rate=25 -c:v " + encoder +
               " -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 25 -f mpegts tcp://127.0.0.1:" +
               std::to_string(port) + "?listen=1");
}

bool eventually(const std::function<bool()>& done, std::chrono::seconds patience = 30s) {
  for (const auto deadline = Clock::now() + patience; !done(); std::this_thread::sleep_for(20ms))
    if (Clock::now() > deadline) return false;
  return true;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// A viewer that decodes, and writes a line for each picture: its time, and a hash of it at one size.
class Decoder {
 public:
  explicit Decoder(const std::string& url)
      : program_(words("ffmpeg -nostdin -nostats -v warning -rtsp_transport tcp -i " + url +
                       " -an -vf scale=160:90 -fps_mode passthrough -flush_packets 1 -f framemd5 -")) {}

  [[nodiscard]] std::size_t pictures() const { return count_of(program_.output(), "\n0, "); }
  [[nodiscard]] std::string output() const { return program_.output(); }
  /// What is neither a picture nor a comment: ffmpeg's complaints.
  [[nodiscard]] std::string said() const {
    std::istringstream lines(program_.output());
    std::string all;
    for (std::string line; std::getline(lines, line);)
      if (!line.empty() && line[0] != '#' && !line.starts_with("0, ")) all += line + '\n';
    return all;
  }
  Command& program() { return program_; }

 private:
  Command program_;
};

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
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "bench" /
                       "bench-gst-server";
  if (!std::filesystem::exists(program)) {
    std::cout << "skipped: " << program << " is not built, as libgstrtspserver-1.0-dev is missing\n";
    return;
  }
  const std::uint16_t port = free_port();
  const std::string url = "rtsp://127.0.0.1:" + std::to_string(port) + "/h264.mp4";
  const Words command{program.string(), std::to_string(port), InteropMedia::get().root().string(), "shared"};
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
