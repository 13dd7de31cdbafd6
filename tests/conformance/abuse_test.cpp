// CONFORMANCE: Abuse that must leave players unharmed.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

Player watching(Over over = Over::tcp) {
  Player player(server(), "/lecture.mp4");
  player.setup_all(over);
  REQUIRE(player.play().status == 200);
  return player;
}

std::string frame(int channel, const std::string& data) {
  return "$"s + static_cast<char>(channel) + static_cast<char>(data.size() >> 8) +
         static_cast<char>(data.size()) + data;
}

// Sends the same again and again as fast as it is taken, and reads whatever comes back.
class Flood {
 public:
  Flood(const ServerProcess& server, const std::string& bytes) {
    const auto peer = Address::of(server.host(), server.port());
    socket_ = Socket(::socket(peer.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(socket_.fd(), peer.raw(), peer.size) == 0);
    while (block_.size() < 256 * 1024) block_ += bytes;
    sender_ = std::thread([this] {
      for (std::size_t at = 0; !stop_;) {
        const auto sent = ::send(socket_.fd(), block_.data() + at, block_.size() - at, MSG_NOSIGNAL);
        if (sent <= 0) break;
        at = (at + static_cast<std::size_t>(sent)) % block_.size();
      }
    });
    reader_ = std::thread([this] {
      std::vector<char> unwanted(1 << 20);
      while (::recv(socket_.fd(), unwanted.data(), unwanted.size(), 0) > 0) {
      }
    });
  }
  ~Flood() {
    stop_ = true;
    ::shutdown(socket_.fd(), SHUT_RDWR);
    sender_.join();
    reader_.join();
  }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

 private:
  Socket socket_;
  std::string block_;
  std::atomic<bool> stop_ = false;
  std::thread sender_, reader_;
};

}  // namespace

TEST_CASE("connections that say nothing, half a request, or nonsense", "[abuse]") {
  auto player = watching();
  std::vector<RtspClient> crowd;
  for (int i = 0; i < 60; ++i) {
    crowd.emplace_back(server().host(), server().port());
    if (i % 3 == 1) crowd.back().send("DESCRIBE rtsp://127.0.0.1/lect");
    if (i % 3 == 2) crowd.back().send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX: ");
  }
  check_plays_on(player);
  CHECK(server_is_well());
}

TEST_CASE("a flood of connections is survived, and its descriptors come back", "[abuse]") {
  REQUIRE(server_is_well());
  const auto before = server().open_descriptors();
  const auto deadline = Clock::now() + 4s;
  for (int i = 0; i < 600 && Clock::now() < deadline; ++i) {
    try {
      RtspClient client(server().host(), server().port());
      if (i % 2) client.disconnect(true);
    } catch (const std::runtime_error&) {
      // Refused is an answer too.
    }
  }
  CHECK(eventually(server_is_well));
  CHECK(eventually([&] { return server().open_descriptors() <= before + 2; }));
}

TEST_CASE("sessions give their descriptors back", "[abuse]") {
  const auto cycle = [](Over over) {
    auto player = watching(over);
    CHECK(player.teardown().status == 200);
  };
  cycle(Over::tcp);
  cycle(Over::udp);
  std::this_thread::sleep_for(100ms);
  const auto before = server().open_descriptors();
  for (int i = 0; i < 20; ++i) cycle(i % 2 ? Over::tcp : Over::udp);
  CHECK(eventually([&] { return server().open_descriptors() <= before + 2; }));
}

TEST_CASE("a viewer that never reads", "[abuse]") {
  std::vector<RtspClient> deaf;
  for (int i = 0; i < 4; ++i) {
    auto& client = deaf.emplace_back(server().host(), server().port(), "", 4096);
    const auto setup =
        client.request("SETUP", server().url("/lecture.mp4/track1"), {{"Transport", "RTP/AVP/TCP;unicast"}});
    REQUIRE(setup.status == 200);
    client.send_request("PLAY", server().url("/lecture.mp4/"),
                        {{"Session", setup.session()}, {"Speed", "2"}});
  }
  // Requests that nobody takes the answers of.
  RtspClient endless(server().host(), server().port(), "", 4096);
  std::string requests;
  for (int i = 1; i <= 2000; ++i)
    requests += "DESCRIBE " + server().url("/lecture.mp4") + " RTSP/1.0\r\nCSeq: 1\r\n\r\n";
  endless.send(requests);
  auto player = watching();
  check_plays_on(player);
  for (auto& client : deaf) client.disconnect(true);
  CHECK(server_is_well());
}

TEST_CASE("a flood of requests does not hold up the media of its loop", "[abuse]") {
  const ServerProcess one_loop(with_config("loops: 1\n"));
  Player player(one_loop, "/lecture.mp4");
  player.setup(0, Over::udp);
  REQUIRE(player.play().status == 200);
  const auto bytes = GENERATE("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"s, "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"s,
                              "$\x09"s + std::string(2, '\0'));
  const Flood one(one_loop, bytes), two(one_loop, bytes), three(one_loop, bytes), four(one_loop, bytes);
  auto& ports = player.udp(0);
  REQUIRE(ports.rtp());
  ports.drain();
  milliseconds longest{0};
  int packets = 0;
  for (auto last = Clock::now(), end = last + 3s; last < end; ++packets) {
    if (!ports.rtp()) break;
    const auto now = Clock::now();
    longest = std::max(longest, std::chrono::duration_cast<milliseconds>(now - last));
    last = now;
  }
  CHECK(packets > 50);
  CHECK(longest < 300ms);
}

TEST_CASE("interleaved data on channels that are not the viewer's own", "[abuse]") {
  auto player = watching();
  for (const int channel : {0, 2, 4, 99, 255}) {
    player.client.send(frame(channel, "0123456789"));
    player.client.send(frame(channel, ""));
    player.client.send(frame(channel, std::string(65535, 'x')));
  }
  check_plays_on(player);
}

TEST_CASE("interleaved data before any SETUP", "[abuse]") {
  RtspClient client(server().host(), server().port());
  client.send(frame(0, "0123456789") + frame(7, ""));
  client.send_request("OPTIONS", server().url("/"));
  const auto status = client.answer().status;
  CHECK((status == 200 || status == 400 || status == 0));
  CHECK(server_is_well());
}

TEST_CASE("other protocols knock", "[abuse]") {
  for (const auto& bytes :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n"s, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s,
        "SSH-2.0-OpenSSH_9.2\r\n"s, std::string(4096, '\0'), "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"s}) {
    RtspClient client(server().host(), server().port());
    client.send(bytes);
    client.disconnect();
  }
  CHECK(server_is_well());
}

TEST_CASE("requests with flipped, missing and doubled bytes", "[abuse]") {
  auto player = watching();
  const std::vector<std::string> seeds{
      "DESCRIBE " + server().url("/lecture.mp4?a=b") +
          " RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp;q=0.5, */*\r\n\r\n",
      "SETUP " + server().url("/lecture.mp4/track1") +
          " RTSP/1.0\r\nCSeq: 2\r\nTransport: "
          "RTP/AVP;unicast;client_port=0-1,RTP/AVP/TCP;interleaved=2-3;ssrc=1\r\n\r\n",
      "PLAY " + server().url("/lecture.mp4/") +
          " RTSP/1.0\r\nCSeq: 3\r\nSession: x;timeout=1\r\nRange: npt=1-2\r\nScale: 1\r\n\r\n",
      "SET_PARAMETER * RTSP/1.0\r\nCSeq: 4\r\nContent-Length: 5\r\n\r\na: b\n"};
  std::mt19937 random(2326);
  for (int round = 0; round < 300; ++round) {
    auto bytes = seeds[random() % seeds.size()];
    for (auto changes = random() % 4 + 1; changes > 0 && !bytes.empty(); --changes) {
      const auto at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, random() % 8);
          break;
        case 2:
          bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 32));
          break;
        default:
          bytes.insert(at, std::string(random() % 64, "\0 ;,=\r\n%"[random() % 8]));
          break;
      }
    }
    RtspClient client(server().host(), server().port());
    client.send(bytes);
    if (round % 4 == 0) client.next(milliseconds(2));
  }
  check_plays_on(player);
  CHECK(server_is_well());
}

TEST_CASE("log lines: control characters escaped, length capped, passwords never", "[abuse]") {
  const ServerProcess own(with_config(""));
  const auto port = std::to_string(own.port());
  for (const auto& request :
       {"DESCRIBE " + own.url("/x\x1b[31mred\x07.mp4") + " RTSP/1.0\r\nCSeq: 1\r\n\r\n",
        "DESCRIBE " + own.url("/%1b[31m%0aforged%0d.mp4") +
            " RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: a\x1b[2Jb\r\n\r\n",
        "DESCRIBE " + own.url("/" + std::string(3000, 'L')) +
            " RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: " + std::string(3000, 'U') + "\r\n\r\n",
        "DESCRIBE rtsp://user:hunter2secret@127.0.0.1:" + port + "/missing.mp4 RTSP/1.0\r\nCSeq: 1\r\n\r\n",
        "OPTIONS * RTSP/1.0\r\nCSeq: x\r\nAuthorization: Basic dXNlcjpodW50ZXIyc2VjcmV0\r\n\r\n"s}) {
    RtspClient client(own.host(), own.port());
    client.send(request);
    client.answer(milliseconds(1000));
    std::this_thread::sleep_for(1100ms);  // one line a second and kind
  }
  const auto log = own.log();
  CHECK(std::ranges::none_of(
      log, [](unsigned char c) { return c == 0x7f || (c < 0x20 && c != '\n' && c != '\t'); }));
  CHECK(log.find("\nforged") == std::string::npos);
  CHECK(log.find("hunter2secret") == std::string::npos);
  CHECK(log.find("dXNlcjpodW50ZXIyc2VjcmV0") == std::string::npos);
  for (std::size_t at = 0; at < log.size();) {
    const auto end = std::min(log.find('\n', at), log.size());
    CHECK(end - at <= 2000);
    at = end + 1;
  }
}

TEST_CASE("media files: truncated, bit-flipped, hundreds of tracks", "[abuse][R]") {
  std::vector<std::string> paths{"/cut.mp4", "/many-tracks.mp4"};
  for (int i = 0; i < 8; ++i) paths.push_back("/flipped-" + std::to_string(i) + ".mp4");
  auto healthy = watching();
  for (const auto& path : paths) {
    CAPTURE(path);
    RtspClient client(server().host(), server().port());
    const auto answer = client.request("DESCRIBE", server().url(path));
    REQUIRE((answer.status == 200 || answer.status == 415));
    if (answer.status != 200) continue;
    Player player(server(), path);
    player.setup(0, Over::tcp);
    CHECK(player.play({{"Speed", "2"}}).status != 0);
    player.receive(300ms, true);
    CHECK(player.control("GET_PARAMETER").status != 0);
  }
  check_plays_on(healthy);
  CHECK(server_is_well());
}

TEST_CASE("a file cut in the middle plays up to the cut and ends with BYE", "[abuse]") {
  Player player(server(), "/cut.mp4");
  player.setup(0, Over::tcp);
  REQUIRE(player.play({{"Range", "npt=3-"}, {"Speed", "2"}}).status == 200);
  player.receive(4000ms, true);
  CHECK(player.all_byes());
  CHECK_FALSE(player.arrived(0).rtp.empty());
}

TEST_CASE("SIGTERM while sessions play: they are told, and the exit code is 0", "[abuse]") {
  ServerProcess own(with_config(""));
  Player over_tcp(own, "/lecture.mp4"), over_udp(own, "/lecture.mp4");
  over_tcp.setup_all(Over::tcp);
  over_udp.setup_all(Over::udp);
  REQUIRE(over_tcp.play().status == 200);
  REQUIRE(over_udp.play().status == 200);
  over_udp.receive(200ms);
  CHECK(own.stop() == 0);
  CHECK(own.stops_well());
  over_udp.receive(1000ms, true);
  CHECK(over_udp.all_byes());
  CHECK(over_tcp.client.closes());
  CHECK(own.log().find("Sanitizer") == std::string::npos);
}
