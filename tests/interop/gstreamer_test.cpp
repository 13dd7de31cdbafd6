// GStreamer's rtspsrc and depayloaders: what comes out equals the file, and RTCP BYE ends the pipeline.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/interop/command.h"
#include "tests/interop/shared_server.h"

using namespace lectern::test;

namespace {

namespace fs = std::filesystem;

struct Pipeline {
  std::string path;
  std::string media;
  std::string elements;  ///< from RTP packets to bytes
  std::string expected;  ///< how ffmpeg makes the same bytes of the file
};

const std::vector<Pipeline> pipelines{
    {"h264.mp4", "video", "rtph264depay ! avdec_h264", "-map 0:v -pix_fmt yuv420p -f rawvideo"},
    {"hevc.mp4", "video", "rtph265depay ! h265parse ! avdec_h265", "-map 0:v -pix_fmt yuv420p -f rawvideo"},
    {"vp8.webm", "video", "rtpvp8depay ! avdec_vp8", "-map 0:v -pix_fmt yuv420p -f rawvideo"},
    {"vp9.webm", "video", "rtpvp9depay ! avdec_vp9", "-map 0:v -pix_fmt yuv420p -f rawvideo"},
    {"mjpeg.avi", "video", "rtpjpegdepay ! avdec_mjpeg", "-map 0:v -pix_fmt yuvj420p -f rawvideo"},
    {"aac.m4a", "audio", "rtpmp4gdepay", "-map 0:a -c copy -f data"},
    {"opus.ogg", "audio", "rtpopusdepay", "-map 0:a -c copy -f data"},
    {"ac3.ac3", "audio", "rtpac3depay", "-map 0:a -c copy -f data"},
    {"mp3.mp3", "audio", "rtpmpadepay", "-map 0:a -c copy -f data"},
    {"mu-law.wav", "audio", "rtppcmudepay", "-map 0:a -c copy -f data"},
    {"a-law.wav", "audio", "rtppcmadepay", "-map 0:a -c copy -f data"},
    {"s16.wav", "audio", "rtpL16depay", "-map 0:a -c:a pcm_s16be -f s16be"},
};

/// GStreamer's clock runs before the first packet is there. What then lies behind the end of its segment,
/// which is the end of Range, decoders and sinks clip; in a segment without an end they clip nothing.
std::string without_end(const std::string& elements) {
  const auto depayloader = std::min(elements.find(' '), elements.size());
  return elements.substr(0, depayloader) + " ! identity single-segment=true" + elements.substr(depayloader);
}

struct Run {
  std::string transport;
  Pipeline pipeline;
  int code = 0;
  double took = 0;
  std::string said{};
  std::string expected{};
  std::string received{};
};

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void play(Run& job, const fs::path& folder) {
  const auto& pipeline = job.pipeline;
  const auto wanted = folder / (pipeline.path + "-" + job.transport + ".file");
  const auto got = folder / (pipeline.path + "-" + job.transport + ".stream");
  run(words("ffmpeg -nostdin -v error -y -i " + InteropMedia::get().file(pipeline.path) +
            " -fps_mode passthrough " + pipeline.expected + " " + wanted.string()));
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto begun = Command::Clock::now();
    Command command(words("gst-launch-1.0 rtspsrc location=" + server().url("/" + pipeline.path) +
                          " protocols=" + job.transport +
                          " latency=300 ! application/x-rtp,media=" + pipeline.media + " ! " +
                          without_end(pipeline.elements) + " ! filesink location=" + got.string()));
    job.code = command.wait(std::chrono::seconds(40));
    job.took = std::chrono::duration<double>(command.ended_at() - begun).count();
    job.said = command.output().substr(0, 4000);
    if (!was_no_player(job.said)) break;
  }
  job.expected = content(wanted);
  job.received = content(got);
}

}  // namespace

TEST_CASE("GStreamer receives what the file holds, and ends with it", "[gstreamer]") {
  run({"gst-inspect-1.0", "rtspsrc"});  // fills its registry, once for all
  auto pattern = (fs::temp_directory_path() / "lectern-gstreamer-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()));
  server();
  std::vector<Run> runs;
  for (const auto* transport : {"tcp", "udp"})
    for (const auto& pipeline : pipelines) runs.push_back({transport, pipeline});
  constexpr std::size_t at_once = 4;
  for (std::size_t begin = 0; begin < runs.size(); begin += at_once) {
    std::vector<std::thread> players;
    for (std::size_t i = begin; i < std::min(begin + at_once, runs.size()); ++i)
      players.emplace_back([&job = runs[i], &pattern] { play(job, pattern); });
    for (auto& player : players) player.join();
  }
  fs::remove_all(pattern);
  for (const auto& job : runs) {
    INFO(job.pipeline.path << " over " << job.transport << ", took " << job.took << " s\n" << job.said);
    CHECK(job.said.find("Got EOS from element") != std::string::npos);
    // GStreamer 1.22 sometimes interrupts its own last PAUSE when it stops, and says that it met the end of
    // the file; the server answers the TEARDOWN that follows on the same connection.
    const bool interrupted_itself =
        job.said.find("Received end-of-file") > job.said.find("Got EOS from element");
    CHECK((job.code == 0 || (job.code == 1 && interrupted_itself &&
                             job.said.find("Received end-of-file") != std::string::npos)));
    CHECK(job.expected.size() > 10000);
    CHECK(job.received.size() == job.expected.size());
    CHECK((job.received == job.expected));
    // 4 s of media, its own latency, and starting up; without BYE it waits for a time-out of 5 s and more.
    CHECK(job.took > 3.5);
    CHECK(job.took < 8);
  }
}
