// A network between server and player that takes 40 ms there and back, and loses packets: over TCP nothing is
// missing, over UDP the session lives and the server learns what was lost, and other viewers notice nothing.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <mutex>
#include <thread>

#include "tests/interop/command.h"
#include "tests/interop/delay_line.h"
#include "tests/interop/frames.h"
#include "tests/support/server_process.h"

using namespace lectern::test;

namespace {

/// Whether RTP leaves the server without a gap, whatever is lost behind it.
class SentRtp {
 public:
  void see(const std::string& packet) {
    const auto byte = [&](std::size_t at) {
      return static_cast<unsigned>(static_cast<unsigned char>(packet[at]));
    };
    constexpr std::size_t ip = 20, udp = 8, rtp = 12;
    constexpr unsigned udp_protocol = 17;
    if (packet.size() < ip + udp + rtp || byte(0) != 0x45 || byte(9) != udp_protocol) return;
    const unsigned port = byte(ip + 2) << 8 | byte(ip + 3);
    if (port % 2 != 0) return;  // RTCP
    const auto sequence = static_cast<std::uint16_t>(byte(ip + udp + 2) << 8 | byte(ip + udp + 3));
    const std::lock_guard lock(mutex_);
    const auto [last, first] = last_.emplace(port, sequence);
    if (!first && sequence != static_cast<std::uint16_t>(last->second + 1)) ++gaps_;
    last->second = sequence;
    ++packets_;
  }
  std::size_t packets() const { return locked(packets_); }
  std::size_t gaps() const { return locked(gaps_); }

 private:
  std::size_t locked(const std::size_t& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }
  mutable std::mutex mutex_;
  std::map<unsigned, std::uint16_t> last_;  // of each port
  std::size_t packets_ = 0, gaps_ = 0;
};

const MediaCase& lecture() {
  const auto& cases = InteropMedia::get().cases();
  const auto media = std::ranges::find(cases, "h264.mp4", &MediaCase::path);
  if (media == cases.end()) throw std::runtime_error("no h264.mp4");
  return *media;
}

/// The greatest number behind "lost " in the last line about a viewer at `address`.
int lost_as_told(const std::string& log, const std::string& address) {
  const auto line = log.rfind(address);
  if (line == log.npos) return -1;
  const std::string text = log.substr(line, log.find('\n', line) - line);
  int most = -1;
  for (auto at = text.find("lost "); at != text.npos; at = text.find("lost ", at + 1))
    most = std::max(most, std::atoi(text.c_str() + at + 5));
  return most;
}

}  // namespace

TEST_CASE("Behind a slow and lossy network TCP loses nothing, UDP is reported, others are unharmed",
          "[lossy]") {
  std::string why;
  const auto servers = NetworkNamespace::create(why);
  const auto players = servers ? NetworkNamespace::create(why) : nullptr;
  SentRtp sent;
  const auto line = players ? DelayLine::create(
                                  *servers, *players, {std::chrono::milliseconds(20), 0.03},
                                  [&](const std::string& packet) { sent.see(packet); }, why)
                            : nullptr;
  if (!line) {
    WARN("skipped: " << why);
    return;
  }

  const std::string file = InteropMedia::get().file("h264.mp4");
  const Frames whole = read_frames("", "", file, lecture(), std::chrono::seconds(60));
  REQUIRE(whole.error.empty());
  run({"gst-inspect-1.0", "rtspsrc"});  // fills its registry
  Frames by_tcp, beside;
  Outcome by_udp;
  std::string log;
  servers->run([&] {
    ServerOptions options{InteropMedia::get().root(),
                          "session_timeout: 5s\npaths:\n  live: { source: " + file + ", loop: yes }\n",
                          false};
    options.host = "0.0.0.0";
    ServerProcess server(options);
    const auto url = [&](const std::string& host, const std::string& path) {
      return "rtsp://" + host + ":" + std::to_string(server.port()) + path;
    };
    std::thread far([&] {
      players->run([&] {
        std::thread tcp([&] {
          by_tcp = read_frames("-rtsp_transport tcp", "", url(DelayLine::first_address, "/h264.mp4"),
                               lecture(), std::chrono::seconds(60));
        });
        // Longer than the session would live without a sign; FFmpeg would report after minutes only.
        by_udp = run(words("gst-launch-1.0 rtspsrc location=" + url(DelayLine::first_address, "/live") +
                           " protocols=udp latency=200 ! application/x-rtp,media=video ! identity "
                           "eos-after=420 ! fakesink"),
                     std::chrono::seconds(60));
        tcp.join();
      });
    });
    beside = read_frames("-rtsp_transport udp", "", url("127.0.0.1", "/h264.mp4"), lecture(),
                         std::chrono::seconds(60));
    far.join();
    server.stop();
    log = server.log();
  });
  INFO(log);
  INFO(by_udp.output);
  CHECK(difference(whole, by_tcp, lecture()).empty());
  CHECK(difference(whole, beside, lecture()).empty());
  CHECK(by_udp.output.find("Got EOS from element") != by_udp.output.npos);
  CHECK(line->lost() > 0);
  CHECK(sent.packets() > 100);
  CHECK(sent.gaps() == 0);
  CHECK(log.find("was silent for") == log.npos);
  CHECK(lost_as_told(log, std::string(DelayLine::second_address) + ":") > 0);
}
