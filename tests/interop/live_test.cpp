// Live media through three servers: what ffmpeg decodes at the end is what the file holds, picture for
// picture.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/interop/frames.h"
#include "tests/support/server_process.h"

using namespace lectern::test;

namespace {

ServerOptions serving(const std::string& source) {
  return {InteropMedia::get().root(), "loops: 1\npaths:\n  live: { source: " + source + " }\n", false};
}

std::string pulled(const ServerProcess& server) {
  return server.url("/live") + ", transport: tcp, start_timeout: 20s";
}

/// How `received` differs from some stretch of `file`, which is played again and again.
std::string difference_from_loop(const std::vector<Frame>& file, const std::vector<Frame>& received) {
  std::string found = "its first frame is not in the file\n";
  for (std::size_t begin = 0; begin < file.size(); ++begin) {
    if (file[begin].hash != received.at(0).hash) continue;
    std::size_t same = 0;
    while (same < received.size() && received[same].hash == file[(begin + same) % file.size()].hash) ++same;
    if (same == received.size()) return {};
    found = "from frame " + std::to_string(begin) + " of the file on, frame " + std::to_string(same) +
            " of " + std::to_string(received.size()) + " differs\n";
  }
  return found;
}

}  // namespace

TEST_CASE("Lectern pulls from Lectern, three deep, and loses nothing", "[ffmpeg][live]") {
  const auto file = InteropMedia::get().file("h264.mp4");
  const ServerProcess first(serving(file + ", loop: yes"));
  const ServerProcess second(serving(pulled(first)));
  const ServerProcess third(serving(pulled(second) + ", on_demand: yes"));
  const auto& cases = InteropMedia::get().cases();
  const auto media = std::ranges::find(cases, "h264.mp4", &MediaCase::path);
  REQUIRE(media != cases.end());
  const auto whole = read_frames("", "", file, *media, std::chrono::seconds(60));
  REQUIRE(whole.error.empty());
  // Longer than the file: over its end and beginning, too.
  const auto seconds = whole.tracks.at(0).back().pts - whole.tracks.at(0).front().pts + 1.5;
  const auto received = read_frames("-rtsp_transport tcp", "-t " + std::to_string(seconds),
                                    third.url("/live"), *media, std::chrono::seconds(60));
  INFO(received.error << received.said);
  REQUIRE(received.tracks.size() == whole.tracks.size());
  REQUIRE(received.tracks[0].size() > whole.tracks[0].size());
  for (std::size_t track = 0; track < whole.tracks.size(); ++track) {
    REQUIRE_FALSE(received.tracks[track].empty());
    const std::string found = difference_from_loop(whole.tracks[track], received.tracks[track]);
    INFO("track " << track << ": " << found);
    CHECK(found.empty());
  }
}
