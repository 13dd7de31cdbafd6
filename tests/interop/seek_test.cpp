// ffmpeg -ss: the stream goes on with the random access point at or before the asked time.
#include <array>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/interop/frames.h"
#include "tests/interop/shared_server.h"

using namespace lectern::test;

TEST_CASE("ffmpeg -ss gets the random access point at or before", "[ffmpeg]") {
  // FFmpeg asks for 3/23 s less where pictures are reordered, so no position lies right behind a key frame.
  server();  // before the threads ask for it
  // A key frame each second, 25 frames a second.
  for (const std::string name : {"seek.mp4", "seek.ts", "seek.mkv"}) {
    const MediaCase media{name, true, MediaCase::Audio::none};
    const auto file = read_frames("", "", InteropMedia::get().file(name), media, std::chrono::seconds(60));
    REQUIRE(file.tracks.size() == 1);
    REQUIRE(file.tracks[0].size() == 150);
    constexpr std::array<double, 7> positions{0.5, 1.2, 1.96, 2.5, 3.2, 4.4, 5.9};
    std::array<Frames, positions.size()> received;
    std::vector<std::thread> players;
    for (std::size_t i = 0; i < positions.size(); ++i)
      players.emplace_back([&, i] {
        received[i] =
            read_frames("-noaccurate_seek -ss " + std::to_string(positions[i]) + " -rtsp_transport tcp",
                        "-frames:v 1", server().url("/" + name), media, std::chrono::seconds(40));
      });
    for (auto& player : players) player.join();
    for (std::size_t i = 0; i < positions.size(); ++i) {
      INFO(name << " at " << positions[i] << " s\n" << received[i].error);
      REQUIRE(received[i].tracks.size() == 1);
      REQUIRE(received[i].tracks[0].size() == 1);
      CHECK(received[i].tracks[0][0].hash ==
            file.tracks[0][static_cast<std::size_t>(positions[i]) * 25].hash);
    }
  }
}
