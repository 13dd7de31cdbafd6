// Cameras that send what no camera should: each is given up for a reason that the log tells, and tried again;
// memory stays bounded, and the viewers of other paths miss nothing.
#include <catch2/catch.hpp>
#include <fstream>

#include "tests/conformance/live_checks.h"
#include "tests/conformance/play_checks.h"
#include "tests/support/scripted_camera.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

const auto sdp =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\na=control:track1\r\n"s;

std::string noise(std::size_t size) {
  std::string bytes;
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < size; ++i)
    bytes += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

/// What a bad camera does with a connection, by its path.
void misbehave(CameraConnection& camera, const std::string& path, const std::string& request) {
  if (path == "/garbage") {
    for (const std::string bytes = noise(16 * 1024); camera.send(bytes) && camera.wait(5ms);) continue;
  } else if (path == "/silent") {
    camera.wait(60s);
  } else if (path == "/login") {
    for (std::string asked = request; !asked.empty(); asked = camera.request())
      camera.answer(asked, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"camera\"\r\n");
  } else if (path == "/missing" || path == "/full" || path == "/broken") {
    const char* status = path == "/missing" ? "404 Not Found"
                         : path == "/full"  ? "453 Not Enough Bandwidth"
                                            : "500 Internal Server Error";
    for (std::string asked = request; !asked.empty(); asked = camera.request()) camera.answer(asked, status);
  } else if (path == "/redirect") {
    camera.answer(request, "200 OK", "Public: DESCRIBE\r\n");
    const std::string describe = camera.request();
    if (!describe.starts_with("DESCRIBE ")) return;
    const auto url = describe.substr(9, describe.find(' ', 9) - 9);
    camera.wait(5ms);
    camera.answer(describe, "302 Found", "Location: " + url + "\r\n");
  } else if (path == "/headers") {
    camera.send("RTSP/1.0 200 OK\r\n");
    std::string lines;
    while (lines.size() < 16 * 1024) lines += "X-More: " + std::string(100, 'x') + "\r\n";
    while (camera.send(lines) && camera.wait(5ms)) continue;
  } else if (path == "/line") {
    camera.send("RTSP/1.0 200 OK\r\nX-Long: ");
    while (camera.send(std::string(16 * 1024, 'x')) && camera.wait(5ms)) continue;
  } else if (path == "/huge") {
    camera.answer(request, "200 OK", "Public: DESCRIBE\r\n");
    camera.answer(camera.request(), "200 OK",
                  "Content-Type: application/sdp\r\nContent-Length: 1073741824\r\n", "");
    while (camera.send(std::string(64 * 1024, 'a')) && camera.wait(1ms)) continue;
  } else if (path == "/half") {
    if (!camera.serve_until_play(sdp, request)) return;
    camera.send("$\0\x04\0\x80\x60"s);
    camera.wait(60s);
  } else if (path == "/scraps") {
    // RTP that is none, payload types that were not announced, and H.264 that is none.
    if (!camera.serve_until_play(sdp, request)) return;
    std::uint32_t time = 0;
    do {
      camera.send("$\0\0\x03\x80\x60\0"s);
      camera.send_rtp(0, 33, time, true, noise(300));
      camera.send_rtp(0, 96, time, true, noise(700));
      camera.send_rtp(0, 96, time, true, "");
      time += 3600;
    } while (camera.wait(10ms));
  }
  // "/closes" does at once.
}

struct Case {
  std::string path, reason;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"garbage", ""},  // one of two, by what it looks like
      {"silent", "does not answer within 2 s"},
      {"closes", "breaks off, or sends what cannot be understood"},
      {"login", "asks for a login (401); check user and password in its URL"},
      {"missing", "has no such stream (404); check the path in its URL"},
      {"full", "refuses (4xx); it may have as many viewers, or give as much bandwidth, as it can"},
      {"broken", "fails by itself (5xx); it may have to be started anew"},
      {"redirect", "does not answer within 2 s"},
      {"headers", "does not answer within 2 s"},
      {"line", "does not answer within 2 s"},
      {"huge", "breaks off, or sends what cannot be understood"},
      {"half", "sends nothing that tells its format within 2 s"},
      {"scraps", "sends nothing that tells its format within 2 s"},
  };
  return all;
}

/// The most that a process ever held, in KiB.
std::size_t peak_memory(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6));
  return 0;
}

}  // namespace

TEST_CASE("bad cameras: a reason in plain words, tried again, and nobody else is harmed", "[live]") {
  const ScriptedCamera bad(misbehave);
  std::string config = "loops: 1\npaths:\n  cam: " + looped_lecture();
  for (const Case& each : cases())
    config += "  " + each.path + ": { source: \"" + bad.url("/" + each.path) +
              "\", transport: tcp, start_timeout: 2s, read_timeout: 2s }\n";
  const ServerProcess server(with_config(config));
  Player viewer(server, "/cam");
  viewer.setup_all(Over::tcp);
  REQUIRE(viewer.play().status == 200);
  const auto all_tried_again = [&] {
    return std::ranges::all_of(cases(), [&](const Case& each) {
      return bad.connections("/" + each.path) >= 2 &&
             count_of(server.log(), "/" + each.path + ": away: ") > 0;
    });
  };
  CHECK(receive_until(viewer, all_tried_again, 40'000));
  for (const Case& each : cases()) {
    CAPTURE(each.path, bad.connections("/" + each.path));
    CHECK(bad.connections("/" + each.path) >= 2);
    const std::string line = "/" + each.path + ": away: " + bad.url("/" + each.path) + ": " + each.reason;
    CHECK_THAT(server.log(), Catch::Contains(line));
    // Once, however often it was tried.
    if (!each.reason.empty()) CHECK(count_of(server.log(), line) == 1);
  }
  check_no_gap(viewer.arrived(0));
  check_no_gap(viewer.arrived(1));
  const auto& pictures = viewer.arrived(0).rtp;
  for (std::size_t i = 1; i < pictures.size(); ++i)
    REQUIRE(seconds_between(pictures[i - 1].timestamp, pictures[i].timestamp, 90'000) < 0.5);
  CHECK(peak_memory(server.pid()) < 400 * 1024);
  RtspClient client(server.host(), server.port());
  client.send_request("DESCRIBE", server.url("/silent"));
  CHECK(client.answer(10'000ms).status == 504);
}
