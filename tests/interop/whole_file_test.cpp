// What ffmpeg receives equals what it reads in the file: every picture, every packet of sound, their times
// and the tracks' offsets. Files play in real time, so many play at once. Over TCP a slow receiver loses
// nothing, so the pictures are decoded there; what comes over UDP is held against what came over TCP.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>

#include "tests/interop/frames.h"
#include "tests/interop/shared_server.h"

using namespace lectern::test;

namespace {

constexpr unsigned at_once = 12;
/// The longest file takes 97 s.
constexpr std::chrono::seconds patience{150};

struct Playback {
  MediaCase media;
  std::string tcp{};
  std::string udp{};
};

void play(Playback& playback) {
  const auto& media = playback.media;
  const auto url = server().url("/" + media.path);
  Frames over_udp;
  std::thread second([&] { over_udp = read_packets("-rtsp_transport udp", "", url, patience); });
  const auto over_tcp = read_frames("-rtsp_transport tcp", "", url, media, patience);
  second.join();
  const auto file =
      read_frames("", "", InteropMedia::get().file(media.path), media, std::chrono::seconds(60));
  playback.tcp = difference(file, over_tcp, media);
  playback.udp = difference_of_packets(over_tcp, over_udp);
}

std::vector<Playback> play_all() {
  std::vector<Playback> playbacks;
  const char* only = std::getenv("LECTERN_INTEROP_ONLY");
  for (const auto& media : InteropMedia::get().cases())
    if (!only || media.path.find(only) != std::string::npos) playbacks.push_back({media});
  // The real recordings are the longest: they come first.
  std::stable_partition(playbacks.begin(), playbacks.end(),
                        [](const Playback& playback) { return playback.media.path.starts_with("real/"); });
  server();
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < at_once; ++i)
    threads.emplace_back([&] {
      for (std::size_t k = next++; k < playbacks.size(); k = next++) {
        try {
          play(playbacks[k]);
        } catch (const std::exception& error) {
          playbacks[k].tcp = playbacks[k].udp = error.what();
        }
      }
    });
  for (auto& thread : threads) thread.join();
  return playbacks;
}

const std::vector<Playback>& all() {
  static const auto playbacks = play_all();
  return playbacks;
}

}  // namespace

TEST_CASE("ffmpeg receives every file whole over TCP", "[ffmpeg]") {
  for (const auto& playback : all()) {
    INFO(playback.media.path << "\n" << playback.tcp);
    CHECK(playback.tcp.empty());
  }
}

TEST_CASE("ffmpeg receives over UDP what it does over TCP", "[ffmpeg]") {
  for (const auto& playback : all()) {
    INFO(playback.media.path << "\n" << playback.udp);
    CHECK(playback.udp.empty());
  }
}
