// What viewers see while the camera is away, where fallback is set; and which cameras are believed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>

#include "tests/conformance/live_checks.h"
#include "tests/conformance/play_checks.h"
#include "tests/support/scripted_camera.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t video = 0, audio = 1;
constexpr int video_rate = 90'000;

std::string camera_config() {
  return "loops: 1\npaths:\n  cam: " + looped_lecture();
}

/// A port that nobody listens on.
std::uint16_t closed_port() {
  const auto address = Address::of("127.0.0.1", 0);
  const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(socket.fd(), address.raw(), address.size) == 0);
  return local_port(socket);
}

/// The first of three pictures as far apart as those of a card; 0 where there are none.
std::size_t card_at(const Arrived& arrived) {
  std::vector<std::size_t> pictures;
  for (std::size_t i = 0; i < arrived.rtp.size(); i += picture_size(arrived.rtp, i)) pictures.push_back(i);
  const auto step = [&](std::size_t k) {
    return seconds_between(arrived.rtp[pictures[k]].timestamp, arrived.rtp[pictures[k + 1]].timestamp,
                           video_rate);
  };
  for (std::size_t k = 1; k + 2 < pictures.size(); ++k)
    if (step(k) > 0.19 && step(k + 1) > 0.19 && step(k) < 0.9 && step(k + 1) < 0.9) return pictures[k];
  return 0;
}

void check_times_go_on(const Arrived& arrived) {
  // Pictures are reordered by less than that.
  for (std::size_t i = 1; i < arrived.rtp.size(); ++i)
    REQUIRE(seconds_between(arrived.rtp[i - 1].timestamp, arrived.rtp[i].timestamp, video_rate) > -0.2);
}

std::string fingerprint_of(const ServerProcess& server) {
  const std::string before = "with the certificate of SHA-256 ";
  REQUIRE(eventually([&] { return count_of(server.log(), before) == 1; }, 8000));
  const std::string log = server.log();
  const auto at = log.find(before);
  REQUIRE(at != log.npos);
  return log.substr(at + before.size(), 95);
}

}  // namespace

TEST_CASE("fallback: a card while the camera is away, in the same stream, and the camera again", "[live]") {
  std::optional<ServerProcess> camera;
  camera.emplace(with_config(camera_config()));
  auto again = with_config(camera_config());
  again.port = camera->port();
  const ServerProcess server(with_config("paths:\n  cam: { source: " + camera->url("/cam") +
                                         ", transport: tcp, read_timeout: 2s, fallback: card }\n"));
  Player viewer(server, "/cam");
  viewer.setup_all(Over::udp);
  REQUIRE(viewer.play().status == 200);
  receive_packets(viewer, video, 10);
  camera->kill();
  camera.reset();
  REQUIRE(receive_until(
      viewer, [&] { return card_at(viewer.arrived(video)) > 0; }, 20'000));
  const std::size_t card = card_at(viewer.arrived(video));
  CHECK(is_key_picture(viewer.arrived(video).rtp, card));
  const std::size_t sounds = viewer.arrived(audio).rtp.size();

  // Who comes now sees it at once.
  Player late(server, "/cam");
  CHECK(late.sdp().media.size() == 2);
  late.setup_all(Over::tcp);
  REQUIRE(late.play().status == 200);
  receive_packets(late, video, 3, 10'000);
  CHECK(is_key_picture(late.arrived(video).rtp, 0));
  CHECK(late.arrived(audio).rtp.empty());
  viewer.receive(1ms);
  CHECK(viewer.arrived(audio).rtp.size() == sounds);

  camera.emplace(again);
  REQUIRE(receive_until(
      viewer,
      [&] {
        late.receive(1ms);
        return viewer.arrived(audio).rtp.size() > sounds + 5 && late.arrived(audio).rtp.size() > 5;
      },
      20'000));
  for (Player* player : {&viewer, &late}) {
    check_no_gap(player->arrived(video));
    check_no_gap(player->arrived(audio));
    check_times_go_on(player->arrived(video));
    CHECK(!player->arrived(video).bye());
    CHECK(player->control("GET_PARAMETER").status == 200);
  }
  CHECK(count_of(server.log(), "/cam: viewers see something else while it is away") >= 1);
  CHECK(count_of(server.log(), "/cam: live from ") == 2);
}

TEST_CASE("fallback: a camera that never came is a card, and BYE when it comes with sound", "[live]") {
  const std::uint16_t port = closed_port();
  const ServerProcess server(
      with_config("paths:\n  cam: { source: \"rtsp://127.0.0.1:" + std::to_string(port) +
                  "/cam\", transport: tcp, on_demand: yes, fallback: card }\n"));
  // The first one waits until the card is made.
  RtspClient first(server.host(), server.port());
  first.send_request("SETUP", server.url("/cam/track1"),
                     {{"Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"}});
  REQUIRE(first.answer(20'000ms).status == 200);
  Player viewer(server, "/cam");
  REQUIRE(viewer.sdp().media.size() == 1);
  CHECK(viewer.sdp().media[0].encoding() == "H264");
  viewer.setup_all(Over::tcp);
  REQUIRE(viewer.play().status == 200);
  receive_packets(viewer, video, 3, 10'000);
  CHECK(is_key_picture(viewer.arrived(video).rtp, 0));
  auto options = with_config(camera_config());
  options.port = port;
  const ServerProcess camera(options);
  CHECK(receive_until(
      viewer, [&] { return viewer.arrived(video).bye(); }, 30'000));
  check_no_gap(viewer.arrived(video));
  Player after(server, "/cam");
  CHECK(after.sdp().media.size() == 2);
}

TEST_CASE("without fallback nothing old is played while the camera is away: 504", "[live]") {
  ServerProcess camera(with_config(camera_config()));
  const ServerProcess server(with_config("paths:\n  cam: { source: " + camera.url("/cam") +
                                         ", transport: tcp, start_timeout: 2s }\n"));
  Player viewer(server, "/cam");
  viewer.setup_all(Over::tcp);
  camera.kill();
  REQUIRE(eventually([&] { return count_of(server.log(), "/cam: away: ") > 0; }, 8000));
  CHECK(viewer.play().status == 504);
  RtspClient client(server.host(), server.port());
  client.send_request("DESCRIBE", server.url("/cam"));
  CHECK(client.answer(10'000ms).status == 504);
}

TEST_CASE("a camera of rtsps:// with another certificate than expected is not believed", "[live][rtsps]") {
  const ServerProcess camera(with_config(camera_config()));
  const std::string fingerprint = fingerprint_of(camera);
  std::string other = fingerprint;
  other[0] = other[0] == '0' ? '1' : '0';
  const std::string source = "{ source: \"" + camera.rtsps_url("/cam") + "\", start_timeout: 5s, ";
  const ServerProcess server(with_config("paths:\n  pinned: " + source + "tls_fingerprint: \"" + fingerprint +
                                         "\" }\n  other: " + source + "tls_fingerprint: \"" + other +
                                         "\" }\n  verified: " + source +
                                         "tls_verify: yes }\n  any: " + source + "tls_verify: no }\n"));
  for (const char* path : {"/pinned", "/any"}) {
    CAPTURE(path);
    Player viewer(server, path);
    viewer.setup_all(Over::tcp);
    REQUIRE(viewer.play().status == 200);
    receive_packets(viewer, video, 40, 10'000);
    check_no_gap(viewer.arrived(video));
    check_no_gap(viewer.arrived(audio));
  }
  std::string plain = fingerprint;
  std::erase(plain, ':');
  std::ranges::transform(plain, plain.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  REQUIRE(eventually([&] { return count_of(server.log(), ": away: ") == 2; }, 8000));
  CHECK_THAT(server.log(),
             Catch::Contains("/other: away: " + camera.rtsps_url("/cam") +
                             ": its certificate is not the one of tls_fingerprint; it has " + plain));
  CHECK_THAT(server.log(), Catch::Contains("/verified: away: " + camera.rtsps_url("/cam") +
                                           ": its certificate is not trusted (self-signed certificate)"));
  RtspClient client(server.host(), server.port());
  client.send_request("DESCRIBE", server.url("/other"));
  CHECK(client.answer(10'000ms).status == 504);
}

TEST_CASE("a playlist or a redirect that a server sends opens no local file", "[live]") {
  const auto file = (SampleMedia::get().root() / "lecture.mp4").string();
  const ScriptedCamera web([&](CameraConnection& connection, const std::string& path, const std::string&) {
    if (path == "/moved") {
      connection.send("HTTP/1.1 302 Found\r\nLocation: file://" + file + "\r\nContent-Length: 0\r\n\r\n");
    } else {
      const std::string list =
          "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://" + file + "\n#EXT-X-ENDLIST\n";
      connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.apple.mpegurl\r\nContent-Length: " +
                      std::to_string(list.size()) + "\r\n\r\n" + list);
    }
  });
  const std::string at = "http://127.0.0.1:" + std::to_string(web.port());
  const ServerProcess server(with_config("source_protocols: [http, rtsp]\npaths:\n  list: { source: \"" + at +
                                         "/list.m3u8\", start_timeout: 3s }\n  moved: { source: \"" + at +
                                         "/moved\", start_timeout: 3s }\n"));
  REQUIRE(eventually(
      [&] {
        return count_of(server.log(), "/list: away: ") == 1 && count_of(server.log(), "/moved: away: ") == 1;
      },
      15'000));
  CHECK(count_of(server.log(), ": live from ") == 0);
  CHECK(web.connections("/list.m3u8") >= 1);
}
