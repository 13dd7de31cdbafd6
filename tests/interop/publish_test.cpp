// Publishers, logged in by Digest: what a viewer decodes is what is in the file that they publish.
#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <sstream>
#include <thread>

#include "tests/interop/command.h"
#include "tests/interop/frames.h"
#include "tests/interop/network_namespace.h"
#include "tests/support/server_process.h"

using namespace lectern::test;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = std::chrono::seconds(60);
/// The frame rate of long.mp4.
constexpr std::size_t second = 25;

struct Way {
  std::string name;
  std::string command;  ///< FILE, RTSP and RTSPS stand for the file and the beginning of the URLs
  std::string srtp = "optional";
};

const std::string ffmpeg = "ffmpeg -nostdin -v error -re -i FILE -c copy -f rtsp ";
const std::string gstreamer =
    "gst-launch-1.0 filesrc location=FILE ! qtdemux name=d d.audio_0 ! queue ! aacparse ! rtspclientsink "
    "name=s "
    "latency=200 d.video_0 ! queue ! h264parse ! s. ";

/// Options of the sink stand behind what it is linked with as well.
std::string sink(const std::string& options) {
  std::string command = gstreamer;
  return command.replace(command.find("latency="), 0, options + " ");
}

const std::vector<Way> ways{
    {"ffmpeg over TCP", ffmpeg + "-rtsp_transport tcp RTSP"},
    {"ffmpeg over UDP", ffmpeg + "-rtsp_transport udp RTSP"},
    {"ffmpeg by RTSPS", ffmpeg + "RTSPS", "required"},
    {"GStreamer over TCP", sink("location=RTSP protocols=tcp")},
    {"GStreamer over UDP", sink("location=RTSP protocols=udp")},
    {"GStreamer by RTSPS", sink("location=RTSPS protocols=tcp tls-validation-flags=0"), "required"},
    {"GStreamer, SRTP over TCP", sink("location=RTSP protocols=tcp profiles=savp"), "required"},
    {"GStreamer, SRTP over UDP", sink("location=RTSP protocols=udp profiles=savp"), "required"},
    {"GStreamer, SRTP over UDP by RTSPS",
     sink("location=RTSPS protocols=udp profiles=savp tls-validation-flags=0"), "required"},
};

std::string path_of(std::size_t way) {
  return "/live/" + std::to_string(way);
}

std::string config() {
  std::string yaml =
      "loops: 2\n"
      "users:\n"
      "  anonymous: {read: [\"**\"]}\n"
      "  alice: {password: chalk, publish: [\"live/*\"]}\n"
      "paths:\n";
  // Viewers of RTSPS get the media inside TLS, whatever srtp says.
  for (std::size_t i = 0; i < ways.size(); ++i)
    yaml +=
        "  " + path_of(i).substr(1) + ": {publish: yes, start_timeout: 40s, srtp: " + ways[i].srtp + "}\n";
  yaml += "  live/over: {publish: yes, publish_takeover: yes, start_timeout: 40s}\n";
  return yaml;
}

std::string with_login(std::string url) {
  return url.insert(url.find("://") + 3, "alice:chalk@");
}

Words publishing(const ServerProcess& server, const std::string& command, const std::string& path) {
  Words all = words(command);
  for (std::string& word : all) {
    const auto put = [&word](const std::string& name, const std::string& value) {
      const auto at = word.find(name);
      const bool whole = at != std::string::npos && at + name.size() == word.size();
      if (whole) word.replace(at, name.size(), value);
    };
    put("RTSPS", with_login(server.rtsps_url(path)));
    put("RTSP", with_login(server.url(path)));
    put("FILE", InteropMedia::get().file("long.mp4"));
  }
  return all;
}

const MediaCase published{"long.mp4", true, MediaCase::Audio::packets};

const Frames& file() {
  static const Frames frames =
      read_frames("", "", InteropMedia::get().file(published.path), published, patience);
  return frames;
}

struct Stretch {
  std::size_t begin, size;
};

std::ostream& operator<<(std::ostream& to, const Stretch& stretch) {
  return to << stretch.size << " from " << stretch.begin;
}

/// Of what stretches of `whole` `received` consists; empty where some of it is of none.
std::vector<Stretch> stretches(const std::vector<Frame>& whole, const std::vector<Frame>& received) {
  std::vector<Stretch> found;
  for (std::size_t i = 0; i < received.size();) {
    std::size_t best = 0, best_begin = 0;
    for (std::size_t begin = 0; begin < whole.size(); ++begin) {
      std::size_t same = 0;
      while (i + same < received.size() && begin + same < whole.size() &&
             whole[begin + same].hash == received[i + same].hash)
        ++same;
      if (same <= best) continue;
      best = same;
      best_begin = begin;
    }
    if (best == 0) return {};
    found.push_back({best_begin, best});
    i += best;
  }
  return found;
}

/// What ffmpeg decodes of a path, by RTSPS.
Frames watch(const ServerProcess& server, const std::string& path, const std::string& seconds) {
  return read_frames("", "-t " + seconds, server.rtsps_url(path), published, patience);
}

std::string lines_with(std::string_view part, const std::string& text) {
  std::istringstream lines(text);
  std::string found;
  for (std::string line; std::getline(lines, line);)
    if (line.find(part) != line.npos) found += line + "\n";
  return found;
}

/// What came of each way to publish, a few of them at once.
struct Published {
  std::vector<Frames> received = std::vector<Frames>(ways.size());
  std::vector<std::string> said = std::vector<std::string>(ways.size());
  std::string log;
};

Published publish_each_way() {
  Published all;
  const ServerProcess server({InteropMedia::get().root(), config()});
  server.rtsps_port();
  constexpr std::size_t at_once = 3;
  for (std::size_t begin = 0; begin < ways.size(); begin += at_once) {
    std::vector<std::thread> viewers;
    for (std::size_t i = begin; i < std::min(begin + at_once, ways.size()); ++i)
      viewers.emplace_back([&, i] {
        Command publisher(publishing(server, ways[i].command, path_of(i)));
        all.received[i] = watch(server, path_of(i), "2");
        // With TEARDOWN: one that is killed keeps its ports for a while, and the next one may be given the
        // same.
        publisher.send(SIGINT);
        publisher.wait(std::chrono::seconds(5));
        all.said[i] = publisher.output().substr(0, 3000);
      });
    for (auto& viewer : viewers) viewer.join();
  }
  all.log = server.log();
  return all;
}

}  // namespace

TEST_CASE("what is published by whatever way comes to viewers unchanged", "[ffmpeg][gstreamer][publish]") {
  run({"gst-inspect-1.0", "rtspclientsink"});  // fills its registry, once for all
  REQUIRE(file().error.empty());
  // Alone in a network: what other tests still send to ports that were theirs counts as dropped here.
  Published published_all;
  std::string why;
  if (const auto network = NetworkNamespace::create(why))
    network->run([&] { published_all = publish_each_way(); });
  else
    published_all = publish_each_way();
  const auto& [received, said, log] = published_all;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    INFO(ways[i].name << "\n" << said[i] << received[i].error << log);
    REQUIRE(received[i].tracks.size() == 2);
    for (std::size_t track = 0; track < 2; ++track) {
      CHECK(received[i].tracks[track].size() >= 2 * second - 5);
      const auto found = stretches(file().tracks[track], received[i].tracks[track]);
      CAPTURE(track, found);
      REQUIRE(!found.empty());
      // FFmpeg ends by times, and the publisher's first report may move those back by a few frames: of what
      // is behind the end some is then before it.
      CHECK(found.front().size + 8 >= received[i].tracks[track].size());
      CHECK(std::ranges::is_sorted(found, {}, &Stretch::begin));
    }
  }
  CHECK(log.find("SRTP AES_CM_128_HMAC_SHA1_80, GStreamer") != std::string::npos);
  CHECK(log.find("chalk") == std::string::npos);
  CHECK(lines_with(": dropped ", log) == "");
}

TEST_CASE("a viewer stays while its publisher is killed and comes back, and while another takes over",
          "[ffmpeg][publish]") {
  const ServerProcess server({InteropMedia::get().root(), config()});
  const Words first = publishing(server, ways[0].command, "/live/over");
  const Words second_one = publishing(server, ways[1].command, "/live/over");
  auto publisher = std::make_unique<Command>(first);
  Frames received;
  std::thread viewer([&] { received = watch(server, "/live/over", "5"); });
  const auto wait_for = [&](const std::string& text) {
    for (const auto deadline = Command::Clock::now() + patience; Command::Clock::now() < deadline;
         std::this_thread::sleep_for(20ms))
      if (server.log().find(text) != std::string::npos) return;
  };
  wait_for(" plays /live/over");
  std::this_thread::sleep_for(1s);
  publisher.reset();
  wait_for("/live/over: away: ");
  publisher = std::make_unique<Command>(first);
  std::this_thread::sleep_for(2s);
  Command another(second_one);
  viewer.join();
  INFO(received.error << received.said << server.log());
  // Thrown out, it ends.
  CHECK(publisher->wait(20s) > 0);
  CHECK(another.running());
  REQUIRE(received.tracks.size() == 2);
  const auto found = stretches(file().tracks[0], received.tracks[0]);
  CAPTURE(found);
  // At its end a stretch may lack pictures that are shown before one that came: they came too late.
  const auto long_ones = std::ranges::count_if(found, [](const Stretch& each) { return each.size > 5; });
  CHECK(long_ones >= 2);
  CHECK(long_ones <= 3);
  CHECK(received.tracks[0].size() >= 2 * second);
  CHECK(server.log().find("another publisher has taken its place") != std::string::npos);
}

TEST_CASE("who may not publish is told so", "[ffmpeg][publish]") {
  const ServerProcess server({InteropMedia::get().root(), config()});
  const auto refused = [&](const std::string& path, const std::string& from, const std::string& to) {
    Words command = publishing(server, ways[0].command, path);
    for (std::string& word : command)
      if (const auto at = word.find(from); at != std::string::npos) word.replace(at, from.size(), to);
    return run(command, 30s);
  };
  const auto wrong = refused("/live/0", "chalk@", "cheese@");
  CHECK(wrong.code > 0);
  CHECK(wrong.output.find("401") != std::string::npos);
  const auto elsewhere = refused("/elsewhere", "chalk@", "chalk@");
  CHECK(elsewhere.code > 0);
  CHECK(elsewhere.output.find("403") != std::string::npos);
}
