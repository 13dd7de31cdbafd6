// A server, or its disk, that stands still for longer than it makes up for shifts all that follows. Its
// sender reports must not tell so: FFmpeg dates pictures by them, and would show a gap.
#include <signal.h>

#include <catch2/catch.hpp>
#include <thread>

#include "tests/interop/frames.h"
#include "tests/support/server_process.h"

using namespace lectern::test;
using namespace std::chrono_literals;

TEST_CASE("what FFmpeg receives of a server that stood still is dated as in the file", "[ffmpeg]") {
  // 4 s: the second report comes after 1.0 to 3.1 s, and the server stands still before it.
  const MediaCase media{"h264.mp4", true, MediaCase::Audio::packets};
  const ServerProcess server({InteropMedia::get().root(), "loops: 1\n"});
  Frames received;
  std::thread player(
      [&] { received = read_frames("-rtsp_transport tcp", "", server.url("/" + media.path), media, 60s); });
  for (int i = 0; i < 500 && server.log().find(" plays ") == std::string::npos; ++i)
    std::this_thread::sleep_for(10ms);
  std::this_thread::sleep_for(300ms);
  server.send(SIGSTOP);
  std::this_thread::sleep_for(1500ms);
  server.send(SIGCONT);
  player.join();
  const auto file = read_frames("", "", InteropMedia::get().file(media.path), media, 60s);
  INFO(server.log());
  CHECK(difference(file, received, media) == "");
}
