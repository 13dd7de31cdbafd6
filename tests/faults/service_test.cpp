// A server that is killed and started anew under load, a log that nobody takes, a clock that is set.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "tests/faults/scene.h"
#include "tests/support/sample_media.h"

using namespace lectern::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string fingerprint(const ServerProcess& server) {
  REQUIRE(server.rtsps_port() > 0);
  const std::string log = server.log();
  const auto at = log.find("certificate of SHA-256 ");
  REQUIRE(at != log.npos);
  return log.substr(at, 23 + 95);
}

/// `lectern serve` under a shell, which says what becomes of its output.
class Piped {
 public:
  Piped(const std::string& redirection, const std::string& options = "") {
    port_ = free_port();
    const char* named = std::getenv("LECTERN");
    const std::string command =
        "XDG_STATE_HOME=" + folder_.path().string() + " exec " + (named ? named : LECTERN_BINARY) +
        " serve " + SampleMedia::get().root().string() +
        " --log-level debug --tls-listen off --listen 127.0.0.1:" + std::to_string(port_) + " " + options +
        " " + redirection;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setpgid(0, 0);
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
  }
  ~Piped() { stop(SIGKILL); }
  Piped(const Piped&) = delete;
  Piped& operator=(const Piped&) = delete;

  bool answers() const {
    return eventually(
        [this] {
          try {
            RtspClient client("127.0.0.1", port_);
            client.send_request("OPTIONS", "*");
            return client.answer(5s).status == 200;
          } catch (const std::exception&) {
            return false;
          }
        },
        15'000);
  }
  int stop(int signal) {
    if (pid_ <= 0) return -1;
    // Behind a pipe the server is a child of the shell.
    ::setpgid(pid_, pid_);
    ::kill(-pid_, signal);
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::uint16_t port() const { return port_; }
  const fs::path& folder() const { return folder_.path(); }

 private:
  static std::uint16_t free_port() {
    const auto address = Address::of("127.0.0.1", 0);
    const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(socket.fd(), address.raw(), address.size) != 0) return 0;
    return local_port(socket);
  }
  TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("kill -9 under load: the next one serves at once at the same port, with the same certificate",
          "[faults]") {
  const TemporaryFolder state;
  ServerOptions options{SampleMedia::get().root(),
                        "loops: 2\nstate_directory: " + (state.path() / "lectern").string() +
                            "\npaths:\n  live: { source: pattern }\n",
                        false};
  std::string first;
  for (int round = 0; round < 4; ++round) {
    CAPTURE(round);
    count_point();
    const auto began = Clock::now();
    ServerProcess server(options);
    // The port of the one that was killed, with the connections that it had.
    if (round > 0) CHECK(Clock::now() - began < 10s);
    options.port = server.port();
    if (round == 0) first = fingerprint(server);
    CHECK(fingerprint(server) == first);
    CHECK(server.log().find("cannot be kept") == std::string::npos);
    std::vector<std::unique_ptr<Player>> players;
    for (int i = 0; i < 8; ++i) {
      players.push_back(std::make_unique<Player>(server, i % 3 == 0 ? "/live" : "/lecture.mp4"));
      players.back()->setup_all(i % 2 == 0 ? Over::tcp : Over::udp);
      CHECK(players.back()->play().status == 200);
    }
    for (auto& player : players) player->receive(30ms);
    if (round == 3) CHECK(server.stops_well());
    if (round < 3) server.kill();
    for (auto& player : players) CHECK(player->client.closes());
  }
  const auto kept = fs::directory_iterator(state.path() / "lectern");
  CHECK(std::distance(fs::begin(kept), fs::end(kept)) == 1);
}

TEST_CASE("a log that is full, closed or read by nobody holds up nothing", "[faults]") {
  for (const char* redirection : {">/dev/full 2>&1", ">&- 2>&-", "<&- >&- 2>&-", "2>&1 | true"}) {
    CAPTURE(redirection);
    count_point();
    Piped server(redirection);
    for (int i = 0; i < 20; ++i) CHECK(server.answers());
    // Not a byte of the log goes to a player: its descriptor is nobody else's.
    RtspClient client("127.0.0.1", server.port());
    const std::string url = "rtsp://127.0.0.1:" + std::to_string(server.port()) + "/short.mp4";
    const Answer setup =
        client.request("SETUP", url + "/track1", {{"Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"}});
    CHECK(setup.status == 200);
    CHECK(client.request("PLAY", url, {{"Session", setup.session()}}).status == 200);
    for (int i = 0; i < 20; ++i) CHECK(client.frame(5s));
    CHECK(client.request("TEARDOWN", url, {{"Session", setup.session()}}).status == 200);
    if (std::string_view(redirection).find('|') == std::string_view::npos) CHECK(server.stop(SIGTERM) == 0);
  }
}

TEST_CASE("a clock that is set ends nothing", "[faults]") {
  Scene scene(Over::udp, "session_timeout: 5s\nusers:\n  anonymous: {read: [\"**\"]}\n");
  Player file(*scene.server(), "/target.mp4");
  file.setup_all(Over::tcp);
  REQUIRE(file.play().status == 200);
  constexpr std::int64_t hour = 3600, year = 365 * 24 * hour;
  for (const std::int64_t seconds :
       {std::int64_t{1}, -hour, hour, -year, year, 20 * year, -50 * year, 70 * year, std::int64_t{0}}) {
    CAPTURE(seconds);
    scene.point({}, [&] {
      scene.server().faults().jump_wall_clock(seconds);
      file.receive(150ms);
      CHECK(scene.visit("/short.mp4", seconds % 2 == 0 ? Over::tcp : Over::udp).statuses ==
            std::vector<int>(4, 200));
    });
  }
  CHECK(file.control("GET_PARAMETER").status == 200);
  CHECK(file.teardown().status == 200);
  scene.check_all_is_well();
}
