// FFmpeg and GStreamer listen to a group in a network that is theirs alone: what they decode equals the file,
// and each packet is there once.
#include <unistd.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <set>

#include "tests/interop/command.h"
#include "tests/interop/frames.h"
#include "tests/interop/network_namespace.h"
#include "tests/support/group_socket.h"
#include "tests/support/server_process.h"

using namespace lectern::test;

namespace {

constexpr auto group = "239.1.0.1";
constexpr int port = 5004;

ServerOptions serving(const std::string& file, const std::string& multicast) {
  return {InteropMedia::get().root(),
          "multicast: { " + multicast +
              " }\n"
              "paths:\n  live: { source: " +
              file + ", loop: yes }\n",
          false};
}

const MediaCase& lecture() {
  const auto& cases = InteropMedia::get().cases();
  const auto media = std::ranges::find(cases, "h264.mp4", &MediaCase::path);
  if (media == cases.end()) throw std::runtime_error("no h264.mp4");
  return *media;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// From which frame of `received` on it is a stretch of `file`, which is played again and again; the size of
/// `received` where it is nowhere.
std::size_t equal_from(const std::vector<Frame>& file, const std::vector<Frame>& received) {
  const auto matches = [&](std::size_t begin, std::size_t at) {
    std::size_t i = 0;
    while (begin + i < received.size() && received[begin + i].hash == file[(at + i) % file.size()].hash) ++i;
    return begin + i == received.size();
  };
  for (std::size_t begin = 0; begin < received.size(); ++begin)
    for (std::size_t at = 0; at < file.size(); ++at)
      if (file[at].hash == received[begin].hash && matches(begin, at)) return begin;
  return received.size();
}

/// The sequence numbers that come to the group until `stop`, of the one that sends most: players send some
/// bytes, too, to open firewalls.
std::vector<std::uint16_t> sequence_numbers(const std::atomic<bool>& stop) {
  std::map<std::string, std::vector<std::uint16_t>> of_ssrc;
  const GroupSocket socket(group, port);
  while (!stop)
    if (const auto packet = socket.receive(milliseconds(100)); packet && packet->size() > 12)
      of_ssrc[packet->substr(8, 4)].push_back(static_cast<std::uint16_t>(
          static_cast<std::uint8_t>((*packet)[2]) << 8 | static_cast<std::uint8_t>((*packet)[3])));
  std::vector<std::uint16_t> most;
  for (auto& [ssrc, numbers] : of_ssrc)
    if (numbers.size() > most.size()) most = std::move(numbers);
  return most;
}

}  // namespace

TEST_CASE("FFmpeg and GStreamer hear a group, which is sent each packet once", "[multicast]") {
  std::string why;
  const auto network = NetworkNamespace::create(why);
  if (!network) {
    WARN("skipped: " << why);
    return;
  }
  const std::string file = InteropMedia::get().file("h264.mp4");
  const Frames whole = read_frames("", "", file, lecture(), std::chrono::seconds(60));
  REQUIRE(whole.error.empty());
  run({"gst-inspect-1.0", "rtspsrc"});  // fills its registry

  Frames one, other;
  Outcome pipeline;
  std::vector<std::uint16_t> sent;
  std::string log;
  network->run([&] {
    ServerProcess server(serving(file, "range: 239.1.0.0/16, interface: lo"));
    std::atomic<bool> stop = false;
    auto counting = std::async(std::launch::async, [&] { return sequence_numbers(stop); });
    const auto listen = [&] {
      return read_frames("-rtsp_transport udp_multicast", "-t 4", server.url("/live"), lecture(),
                         std::chrono::seconds(60));
    };
    auto first = std::async(std::launch::async, listen);
    auto second = std::async(std::launch::async, listen);
    pipeline = run(words("gst-launch-1.0 rtspsrc location=" + server.url("/live") +
                         " protocols=udp-mcast multicast-iface=lo ! application/x-rtp,media=video ! "
                         "rtph264depay ! avdec_h264 ! identity eos-after=40 ! fakesink"),
                   std::chrono::seconds(60));
    one = first.get();
    other = second.get();
    stop = true;
    sent = counting.get();
    server.stop();
    log = server.log();
  });
  INFO(log);
  for (const Frames* frames : {&one, &other}) {
    INFO(frames->error << frames->said);
    REQUIRE(frames->tracks.size() == whole.tracks.size());
    for (std::size_t track = 0; track < whole.tracks.size(); ++track) {
      CAPTURE(track);
      REQUIRE(frames->tracks[track].size() > 50);
      // Who joins in the middle shows what it cannot decode yet, up to the next key frame.
      CHECK(equal_from(whole.tracks[track], frames->tracks[track]) < 30);
    }
  }
  INFO(pipeline.output);
  CHECK(pipeline.output.find("Got EOS from element") != std::string::npos);
  REQUIRE(sent.size() > 100);
  std::size_t gaps = 0;
  for (std::size_t i = 1; i < sent.size(); ++i)
    gaps += sent[i] != static_cast<std::uint16_t>(sent[i - 1] + 1) ? 1 : 0;
  // Where one of them was so late that the others had gone, it was begun anew.
  CHECK(gaps + 1 == occurrences(log, "is sent to the group 239.1.0.1, ports 5004 to 5007"));
  CHECK(occurrences(log, " plays /live (2 of 2 tracks over multicast, Lavf") == 2);
  // run() begins gst-launch anew where it failed to link its pads.
  CHECK(occurrences(log, " plays /live (2 of 2 tracks over multicast, GStreamer/") >= 1);
}

TEST_CASE("FFmpeg hears a group of IPv6 in another network than the server's", "[multicast]") {
  std::string why;
  const auto servers = NetworkNamespace::create(why);
  const auto players = servers ? NetworkNamespace::create(why) : nullptr;
  if (!players) {
    WARN("skipped: " << why);
    return;
  }
  servers->connect(*players, "here", "fd77::1/64", "there", "fd77::2/64");
  const std::string file = InteropMedia::get().file("h264.mp4");
  const Frames whole = read_frames("", "", file, lecture(), std::chrono::seconds(60));
  REQUIRE(whole.error.empty());
  Frames received;
  std::string log;
  servers->run([&] {
    ServerOptions options = serving(file, "range: \"ff15::7:0/112\", interface: here");
    options.host = "fd77::1";
    ServerProcess server(options);
    players->run([&] {
      received = read_frames("-rtsp_transport udp_multicast", "-t 3", server.url("/live"), lecture(),
                             std::chrono::seconds(60));
    });
    server.stop();
    log = server.log();
  });
  INFO(log);
  INFO(received.error << received.said);
  REQUIRE(received.tracks.size() == whole.tracks.size());
  REQUIRE(received.tracks[0].size() > 40);
  CHECK(equal_from(whole.tracks[0], received.tracks[0]) < 30);
  CHECK(log.find("is sent to the group ff15::7:1, ports 5004 to 5007, ttl 1") != log.npos);
}
