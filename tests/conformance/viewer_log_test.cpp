// One line of log when a viewer starts, and one when it ends.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "tests/conformance/default_server.h"
#include "tests/support/player.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

/// RR with one block and SDES: 7 packets lost, a jitter of `jitter` ticks, a second after the report `sr`.
std::string report_on(std::uint32_t ssrc, std::uint32_t jitter, const SenderReport& sr) {
  const std::string own = big_endian(0x11223344);
  return "\x81\xc9\x00\x07"s + own + big_endian(ssrc) + "\x10\x00\x00\x07"s + big_endian(99) +
         big_endian(jitter) + big_endian(static_cast<std::uint32_t>(sr.ntp >> 16)) + big_endian(0) +
         "\x81\xca\x00\x03"s + own + "\x01\x04test\x00\x00"s;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string line_with(const std::string& log, const std::string& part) {
  const auto at = log.find(part);
  if (at == log.npos) return {};
  const auto begin = log.rfind('\n', at) + 1;
  return log.substr(begin, log.find('\n', at) - begin);
}

}  // namespace

TEST_CASE("one line when a viewer starts, one when it ends, with what its receiver reports said", "[log]") {
  const ServerProcess own(with_config(""));
  Player player(own, "/lecture.mp4");
  player.setup_all(Over::udp);
  REQUIRE(player.play().status == 200);
  player.receive(400ms);
  for (std::size_t track = 0; track < 2; ++track) REQUIRE_FALSE(player.arrived(track).rtcp.empty());
  const auto& video = player.arrived(0);
  player.udp(0).send_rtcp(player.server_rtcp_port(0),
                          report_on(video.rtp[0].ssrc, 1800, *video.rtcp[0].report));
  player.udp(0).send_rtcp(player.server_rtcp_port(0),
                          report_on(video.rtp[0].ssrc, 900, *video.rtcp[0].report));
  for (int i = 0; i < 3; ++i) player.udp(1).send_rtcp(player.server_rtcp_port(1), "\x81\xc9\x00\x01");
  std::this_thread::sleep_for(100ms);
  REQUIRE(player.pause().status == 200);
  REQUIRE(player.play().status == 200);
  REQUIRE(player.teardown().status == 200);
  std::this_thread::sleep_for(100ms);

  const std::string log = own.log();
  CHECK(count(log, " plays /lecture.mp4") == 1);
  CHECK_THAT(line_with(log, " plays "),
             Catch::Contains("127.0.0.1:") && Catch::Contains("(2 of 2 tracks over UDP"));
  CHECK(count(log, " ends /lecture.mp4") == 1);
  const std::string end = line_with(log, " ends ");
  CAPTURE(end);
  CHECK_THAT(end, Catch::Matches(".* ends /lecture\\.mp4 after 0\\.[0-9] s: [1-9][0-9]* packets, [0-9.]+ MB; "
                                 "track1: lost 7, jitter 10\\.0 ms \\(at most 20\\.0\\), "
                                 "round trip [0-9]+\\.[0-9] ms; 3 malformed RTCP packets"));
}

TEST_CASE("a viewer over TCP that reports nothing: the end says so, and how often it was slow", "[log]") {
  const ServerProcess own(with_config(""));
  {
    Player player(own, "/talk.mp3");
    player.setup_all(Over::tcp);
    REQUIRE(player.play().status == 200);
    player.receive(200ms);
  }
  REQUIRE(eventually([&] { return count(own.log(), " ends ") == 1; }));
  CHECK_THAT(line_with(own.log(), " plays "), Catch::Contains("(1 of 1 tracks over TCP"));
  CHECK_THAT(line_with(own.log(), " ends "), Catch::EndsWith("; no receiver reports"));
}

TEST_CASE("a file that breaks while it plays: the log names the viewer, the file and why", "[log]") {
  const auto root = std::filesystem::temp_directory_path() / ("lectern-breaks-" + std::to_string(::getpid()));
  std::filesystem::create_directories(root);
  std::filesystem::copy_file(SampleMedia::get().root() / "lecture.mp4", root / "a.mp4");
  {
    const ServerProcess own({root, "", false});
    Player player(own, "/a.mp4");
    player.setup_all(Over::tcp);
    REQUIRE(player.play({{"User-Agent", "somebody"}, {"Speed", "4"}}).status == 200);
    player.receive(100ms);
    std::filesystem::resize_file(root / "a.mp4", std::filesystem::file_size(root / "a.mp4") / 2);
    player.receive(4000ms, true);
    CHECK(player.all_byes());
    const std::string line = line_with(own.log(), "warning: 127.0.0.1:");
    CHECK_THAT(line, Catch::Contains(": /a.mp4: "));
    CHECK_THAT(line, !Catch::Contains("somebody"));
  }
  std::filesystem::remove_all(root);
}

TEST_CASE("at log level debug each answer stands with its reason, and a browser in one line", "[log]") {
  const ServerProcess own(with_config("log_level: debug\n"));
  RtspClient client(own.host(), own.port());
  REQUIRE(client.request("DESCRIBE", own.url("/none.mp4")).status == 404);
  RtspClient browser(own.host(), own.port());
  browser.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(browser.answer().status == 404);
  REQUIRE(eventually(
      [&] { return count(own.log(), "HTTP: answered 404 Not Found: this port is for RTSP") == 1; }));
  const auto log = own.log();
  CHECK(count(log, ": answered 404 Not Found: there is no such recording or track\n") == 1);
  CHECK_THAT(line_with(log, "HTTP: "), Catch::EndsWith(" mpv or VLC"));
}

TEST_CASE("what peers cause is logged once a second, and counted", "[log]") {
  const ServerProcess own(with_config(""));
  RtspClient client(own.host(), own.port());
  for (int i = 0; i < 40; ++i) CHECK(client.request("DESCRIBE", own.url("/missing.mp4")).status == 404);
  CHECK(count(own.log(), "DESCRIBE /missing.mp4") >= 1);
  CHECK(count(own.log(), "DESCRIBE /missing.mp4") <= 4);
}
