#include "media/live/av_source.h"

#include <catch2/catch.hpp>

#include "tests/support/background_program.h"
#include "tests/support/live_reading.h"
#include "tests/support/media_reading.h"
#include "tests/support/socket.h"

using namespace lectern;
using namespace lectern::media;
using namespace lectern::test;

namespace {

std::uint16_t free_port(int type) {
  const Socket socket(::socket(AF_INET, type, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

/// Accepts connections, as its backlog does, and says nothing.
struct Mute {
  Mute() : socket(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket.fd(), 8) == 0);
    REQUIRE(::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
  Socket socket;
  std::uint16_t port = 0;
};

AvSourceOptions from(const std::string& url) {
  AvSourceOptions options;
  options.url = url;
  options.open_timeout = std::chrono::seconds(20);
  return options;
}

LiveOptions quick() {
  LiveOptions options;
  options.first_retry = options.longest_retry = std::chrono::milliseconds(50);
  return options;
}

/// A sender of MPEG-TS: the clip again and again, in real time.
Words sender(std::uint16_t port) {
  return words("ffmpeg -nostdin -re -stream_loop -1 -i " + clip().string() +
               " -c copy -f mpegts udp://127.0.0.1:" + std::to_string(port) + "?pkt_size=1316");
}

/// The reason why a source went away.
std::string reason_of(const AvSourceOptions& options) {
  const auto live = Live::create(std::make_unique<AvSource>(options), quick());
  REQUIRE(eventually([&] { return live->status().failures > 0; }));
  CHECK(live->status().state == LiveState::away);
  return live->status().reason;
}

}  // namespace

TEST_CASE("a stream of MPEG-TS over UDP is pulled, and pulled again after it was silent") {
  silence_ffmpeg();
  const std::uint16_t port = free_port(SOCK_DGRAM);
  AvSourceOptions options = from("udp://127.0.0.1:" + std::to_string(port));
  options.read_timeout = std::chrono::milliseconds(700);
  auto program = std::make_unique<BackgroundProgram>(sender(port));
  const auto live = Live::create(std::make_unique<AvSource>(options), quick());
  LiveTestReader reader(live);
  const auto description = live->description();
  REQUIRE(description->tracks.size() == 2);
  CHECK(description->tracks[0].format.encoding == "H264");
  CHECK(description->tracks[1].format.encoding == "mpeg4-generic");
  REQUIRE(reader.start());
  CHECK(reader.cursor->train().random_access);
  const auto before = reader.read(60);
  REQUIRE(before.size() == 60);

  program->stop();
  REQUIRE(eventually([&] { return live->status().state == LiveState::away; }));
  CHECK(live->status().reason == "udp://127.0.0.1:" + std::to_string(port) + ": has sent nothing for 1 s");
  const MediaTime outage = live->now();
  program = std::make_unique<BackgroundProgram>(sender(port));
  REQUIRE(eventually([&] { return live->status().state == LiveState::live; }));
  CHECK(live->status().connects >= 2);
  // Who was there goes on: what was left, and then a random access point of the new run.
  std::vector<ReadTrain> pictures;
  for (int i = 0; i < 200 && pictures.empty(); ++i) {
    const auto more = reader.read(1);
    REQUIRE(more.size() == 1);
    if (more[0].train.track == 0 && more[0].train.due > outage) pictures = more;
  }
  REQUIRE(!pictures.empty());
  CHECK(pictures[0].train.random_access);
  CHECK(pictures[0].train.pts > before.back().train.pts);
}

TEST_CASE("a source that accepts and says nothing is given up after the time set") {
  silence_ffmpeg();
  const Mute mute;
  const std::string place = "127.0.0.1:" + std::to_string(mute.port);
  AvSourceOptions options = from("rtsp://user:secret@" + place + "/camera");
  options.transport = "tcp";
  options.open_timeout = std::chrono::milliseconds(300);
  CHECK(reason_of(options) == "rtsp://" + place + "/camera: does not answer within 1 s");
}

TEST_CASE("a source that refuses to connect, or whose protocol is not allowed, says so") {
  silence_ffmpeg();
  const std::uint16_t port = free_port(SOCK_STREAM);
  CHECK(reason_of(from("rtsp://127.0.0.1:" + std::to_string(port) + "/x")) ==
        "rtsp://127.0.0.1:" + std::to_string(port) + "/x: Connection refused");
  CHECK(reason_of(from("rtsp://camera.invalid/x")) ==
        "rtsp://camera.invalid/x: cannot be reached (Input/output error); check the host in its URL");
  CHECK(reason_of(from("file:/etc/passwd")) ==
        "file:/etc/passwd: the protocol file is not among those allowed");
  CHECK(reason_of(from("concat:a|b")) == "concat:a|b: the protocol concat is not among those allowed");
  AvSourceOptions narrow = from("rtsp://127.0.0.1/x");
  narrow.protocols = "udp,tcp";
  CHECK(reason_of(narrow) == "rtsp://127.0.0.1/x: the protocol rtsp is not among those allowed");
}

TEST_CASE("a source is dropped at once when it is closed, also while it blocks") {
  silence_ffmpeg();
  const Mute mute;
  auto live = Live::create(
      std::make_unique<AvSource>(from("http://127.0.0.1:" + std::to_string(mute.port) + "/")), {});
  REQUIRE(eventually([&] { return live->status().state == LiveState::connecting; }));
  const auto begin = std::chrono::steady_clock::now();
  live.reset();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

TEST_CASE("a file at an HTTP server is given in real time") {
  silence_ffmpeg();
  const std::uint16_t port = free_port(SOCK_STREAM);
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/clip.ts";
  const BackgroundProgram server(
      words("ffmpeg -nostdin -i " + clip().string() + " -c copy -f mpegts -listen 1 " + url));
  AvSourceOptions options = from(url);
  options.analyze = std::chrono::milliseconds(500);
  const auto live = Live::create(std::make_unique<AvSource>(options), quick());
  LiveTestReader reader(live);
  REQUIRE(reader.start());
  const auto trains = reader.read(150);
  REQUIRE(trains.size() == 150);
  // About 2 s of media, of which half a second may come at once.
  const MediaTime took = trains.back().train.due - trains.front().train.due;
  const MediaTime lasts = trains.back().train.pts - trains.front().train.pts;
  CHECK(lasts > 1'500'000);
  CHECK(took > lasts - 1'000'000);
}
