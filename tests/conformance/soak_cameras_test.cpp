// Fifty cameras that break off again and again, and a hundred viewers that come and go: nothing of them
// stays. As long as LECTERN_SOAK_SECONDS says, 15 unless set.
#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "tests/conformance/live_checks.h"
#include "tests/conformance/recorded_video.h"
#include "tests/support/rtp_view.h"
#include "tests/support/scripted_camera.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

constexpr unsigned cameras = 50, viewers = 100, with_card = 10;

/// Plays for a while in real time, then breaks off or falls silent.
void flap(CameraConnection& camera, const RecordedVideo& recorded, const std::string& first, unsigned seed) {
  if (!camera.serve_until_play(recorded.sdp(), first)) return;
  std::minstd_rand random(seed);
  random.discard(8);
  const auto end = Clock::now() + milliseconds(800 + random() % 3000);
  const auto base = static_cast<std::uint32_t>(random());
  const bool listens = play_recorded(camera, recorded, [&](RtpPacket& packet, std::uint32_t at) {
    packet.timestamp = base + at;
    return Clock::now() < end;
  });
  if (!listens) return;
  if (random() % 3 == 0) camera.wait(3s);
}

/// What all viewers together have seen.
struct Seen {
  std::atomic<std::uint64_t> played = 0, refused = 0, packets = 0, gaps = 0, others = 0;
};

/// A viewer by hand: many of them run at once, each on a thread.
class Viewer {
 public:
  Viewer(std::uint16_t port, Seen& seen)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), seen_(seen) {
    const auto address = Address::of("127.0.0.1", port);
    connected_ = ::connect(socket_.fd(), address.raw(), address.size) == 0;
  }

  void watch(const std::string& url, milliseconds time, bool says_goodbye) {
    if (!connected_) return;
    const int setup = ask("SETUP " + url + "/track1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    if (setup != 200) return count(setup);
    const int play = ask("PLAY " + url, "Session: " + session_ + "\r\n");
    if (play != 200) return count(play);
    ++seen_.played;
    for (const auto end = Clock::now() + time; Clock::now() < end && read(end);) take();
    if (says_goodbye) ask("TEARDOWN " + url, "Session: " + session_ + "\r\n");
  }

 private:
  void count(int status) { ++(status == 504 || status == 0 ? seen_.refused : seen_.others); }

  int ask(const std::string& line, const std::string& headers) {
    const std::string request =
        line + " RTSP/1.0\r\nCSeq: " + std::to_string(++sequence_) + "\r\n" + headers + "\r\n";
    ::send(socket_.fd(), request.data(), request.size(), MSG_NOSIGNAL);
    status_ = 0;
    for (const auto end = Clock::now() + 15s; status_ == 0 && read(end);) take();
    return status_;
  }

  bool read(Clock::time_point until) {
    if (!wait_readable(socket_.fd(), until)) return false;
    char bytes[16 * 1024];
    const auto got = ::recv(socket_.fd(), bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  /// Takes what is whole.
  void take() {
    while (!received_.empty()) {
      if (received_[0] == '$') {
        if (received_.size() < 4) return;
        const std::size_t size =
            4 + static_cast<std::uint8_t>(received_[2]) * 256U + static_cast<std::uint8_t>(received_[3]);
        if (received_.size() < size) return;
        if (received_[1] == 0) take_packet(received_.substr(4, size - 4));
        received_.erase(0, size);
      } else {
        const auto end = received_.find("\r\n\r\n");
        if (end == std::string::npos) return;
        const std::string head = received_.substr(0, end + 4);
        received_.erase(0, end + 4);
        if (head.size() > 12) status_ = std::atoi(head.c_str() + 9);
        if (const auto at = head.find("Session: "); at != head.npos)
          session_ = head.substr(at + 9, head.find_first_of(";\r", at) - at - 9);
      }
    }
  }

  void take_packet(const std::string& bytes) {
    const auto packet = parse_rtp(bytes);
    if (!packet) {
      ++seen_.others;
      return;
    }
    ++seen_.packets;
    if (expected_ && packet->seq != *expected_) ++seen_.gaps;
    expected_ = static_cast<std::uint16_t>(packet->seq + 1);
  }

  Socket socket_;
  Seen& seen_;
  bool connected_ = false;
  int sequence_ = 0, status_ = 0;
  std::string received_, session_;
  std::optional<std::uint16_t> expected_;
};

/// KiB.
std::size_t memory_of(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  return 0;
}

}  // namespace

TEST_CASE("cameras that flap and viewers that come and go leave nothing behind", "[live][soak]") {
  const char* set = std::getenv("LECTERN_SOAK_SECONDS");
  const std::chrono::seconds time(set ? std::max(1, std::atoi(set)) : 15);
  const RecordedVideo recorded = RecordedVideo::of_lecture();
  std::atomic<unsigned> seeds = 1;
  const ScriptedCamera camera([&](CameraConnection& connection, const std::string&,
                                  const std::string& first) { flap(connection, recorded, first, seeds++); });
  std::string config = "loops: 2\nlog_level: warning\npaths:\n";
  for (unsigned i = 0; i < cameras; ++i)
    config += "  cam" + std::to_string(i) + ": { source: \"" + camera.url("/cam" + std::to_string(i)) +
              "\", transport: tcp, start_timeout: 4s, read_timeout: 1s" +
              (i < with_card ? ", fallback: card"
               : i % 2       ? ", on_demand: yes, close_after: 1s"
                             : "") +
              " }\n";
  ServerProcess server(with_config(config));

  Seen seen;
  std::atomic<bool> stopping = false;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < viewers; ++i)
    threads.emplace_back([&, i] {
      std::minstd_rand random(i + 1);
      random.discard(8);
      while (!stopping) {
        const std::string url = server.url("/cam" + std::to_string(random() % cameras));
        Viewer(server.port(), seen).watch(url, milliseconds(200 + random() % 3000), random() % 2 == 0);
      }
    });
  const auto begun = Clock::now();
  const auto warm = begun + std::min<std::chrono::milliseconds>(time / 2, 60s);
  while (Clock::now() < warm) std::this_thread::sleep_for(50ms);
  const std::size_t memory = memory_of(server.pid()), descriptors = server.open_descriptors();
  while (Clock::now() < begun + time) std::this_thread::sleep_for(50ms);
  const std::size_t memory_at_last = memory_of(server.pid()), descriptors_at_last = server.open_descriptors();
  stopping = true;
  for (std::thread& each : threads) each.join();

  INFO("viewers: " << seen.played << " played, " << seen.refused << " came in vain, " << seen.packets
                   << " packets; KiB " << memory << " to " << memory_at_last << ", descriptors "
                   << descriptors << " to " << descriptors_at_last);
  CHECK(seen.played > viewers);
  CHECK(seen.packets > 1000);
  CHECK(seen.gaps == 0);
  CHECK(seen.others == 0);
  // The thread sanitizer's own memory grows with what is touched.
  if (!built_with(Sanitizer::thread)) CHECK(memory_at_last < memory + 48 * 1024);
  // Of cameras and viewers there are as many as before, but for those that come and go right now.
  CHECK(descriptors_at_last < descriptors + cameras + viewers / 2);
  // Without viewers there are but the cameras.
  CHECK(eventually([&] { return server.open_descriptors() < 2 * cameras + 60; }, 10'000));
  CHECK(server.running());
  CHECK(server.stop() == 0);
}
