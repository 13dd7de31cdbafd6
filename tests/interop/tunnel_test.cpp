// FFmpeg and GStreamer play through a tunnel over HTTP, on the RTSP and the RTSPS port: what arrives equals
// the file.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/interop/command.h"
#include "tests/interop/frames.h"
#include "tests/interop/shared_server.h"

using namespace lectern::test;

namespace {

namespace fs = std::filesystem;

std::string with_scheme(const std::string& scheme, const std::string& url, const std::string& user = "") {
  return scheme + "://" + user + url.substr(url.find("://") + 3);
}

const MediaCase& media_case(const std::string& path) {
  for (const auto& media : InteropMedia::get().cases())
    if (media.path == path) return media;
  throw std::runtime_error("no such case: " + path);
}

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("ffmpeg receives files whole through a tunnel", "[ffmpeg][tunnel]") {
  struct Playback {
    std::string path, transport, url, found{};
  };
  std::vector<Playback> playbacks;
  for (const auto* path : {"h264.mp4", "s16.wav"}) {
    const auto file = "/" + std::string(path);
    playbacks.push_back({path, "http", server().url(file)});
    playbacks.push_back({path, "https", with_scheme("rtsp", server().rtsps_url(file))});
  }
  std::vector<std::thread> players;
  for (auto& playback : playbacks)
    players.emplace_back([&playback] {
      const auto& media = media_case(playback.path);
      const auto received = read_frames("-rtsp_transport " + playback.transport, "", playback.url, media,
                                        std::chrono::seconds(60));
      const auto file =
          read_frames("", "", InteropMedia::get().file(media.path), media, std::chrono::seconds(60));
      playback.found = difference(file, received, media);
    });
  for (auto& player : players) player.join();
  for (const auto& playback : playbacks) {
    INFO(playback.path << " over " << playback.transport << "\n" << playback.found);
    CHECK(playback.found.empty());
  }
}

TEST_CASE("GStreamer receives a file whole through a tunnel, and ends with it", "[gstreamer][tunnel]") {
  run({"gst-inspect-1.0", "rtspsrc"});  // fills its registry, once for all
  auto pattern = (fs::temp_directory_path() / "lectern-tunnel-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()));
  const fs::path folder = pattern;
  run(words("ffmpeg -nostdin -v error -y -i " + InteropMedia::get().file("h264.mp4") +
            " -map 0:v -fps_mode passthrough -pix_fmt yuv420p -f rawvideo " + (folder / "file").string()));
  const auto expected = content(folder / "file");
  REQUIRE(expected.size() > 10000);
  const auto safe = with_scheme("rtspsh", server().rtsps_url("/h264.mp4"));
  for (const auto& url : {with_scheme("rtsph", server().url("/h264.mp4")), safe}) {
    const auto got = folder / "stream";
    const auto outcome = run(
        words("gst-launch-1.0 rtspsrc latency=300 tls-validation-flags=0 location=" + url +
              " ! application/x-rtp,media=video ! rtph264depay ! identity single-segment=true ! avdec_h264"
              " ! filesink location=" +
              got.string()),
        std::chrono::seconds(40));
    INFO(url << "\n" << outcome.output);
    CHECK(outcome.output.find("Got EOS from element") != std::string::npos);
    CHECK((content(got) == expected));
  }
  fs::remove_all(folder);
}

TEST_CASE("players log in through a tunnel", "[login][tunnel]") {
  const ServerProcess own(
      {InteropMedia::get().root(), "users: {alice: {password: sesame street, read: [h264.mp4]}}\n"});
  const std::string alice = "alice:sesame%20street@";
  const auto ffmpeg = [&](const std::string& transport, const std::string& url) {
    return run(words("ffmpeg -nostdin -v error -rtsp_transport " + transport + " -i " +
                     with_scheme("rtsp", url, alice) + " -t 1 -f null -"));
  };
  const auto gstreamer = [&](const std::string& scheme, const std::string& url) {
    return run(
        words("gst-launch-1.0 rtspsrc tls-validation-flags=0 location=" + with_scheme(scheme, url, alice) +
              " ! application/x-rtp,media=video ! fakesink num-buffers=20"));
  };
  for (const auto& outcome :
       {ffmpeg("http", own.url("/h264.mp4")), ffmpeg("https", own.rtsps_url("/h264.mp4")),
        gstreamer("rtsph", own.url("/h264.mp4")), gstreamer("rtspsh", own.rtsps_url("/h264.mp4"))}) {
    INFO(outcome.output << own.log());
    // GStreamer 1.22 sometimes interrupts its own last PAUSE, after it has got all.
    CHECK((outcome.code == 0 || outcome.output.find("Got EOS from element") != std::string::npos));
    CHECK(outcome.output.find("Unauthorized") == std::string::npos);
  }
  CHECK(ffmpeg("http", own.url("/hevc.mp4")).output.find("403 Forbidden") != std::string::npos);
  CHECK(own.log().find("not let in") == std::string::npos);
}
