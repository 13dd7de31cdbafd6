// mpv: plays, pauses, seeks, and says where it is.
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "tests/interop/command.h"
#include "tests/interop/shared_server.h"
#include "tests/support/socket.h"

using namespace lectern::test;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// mpv's JSON over a Unix socket.
class Mpv {
 public:
  Mpv(const std::string& url, const std::string& transport)
      : socket_path_(fs::temp_directory_path() / ("lectern-mpv-" + std::to_string(::getpid()) + transport)),
        command_({"mpv", "--no-config", "--vo=null", "--ao=null", "--no-terminal", "--force-seekable=yes",
                  "--rtsp-transport=" + transport, "--input-ipc-server=" + socket_path_.string(), url}) {}
  ~Mpv() {
    std::error_code ignored;
    fs::remove(socket_path_, ignored);
  }

  bool connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path_.string().copy(address.sun_path, sizeof address.sun_path - 1);
    for (int i = 0; i < 500 && command_.running(); ++i, std::this_thread::sleep_for(20ms)) {
      socket_ = Socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (::connect(socket_.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return true;
    }
    return false;
  }

  /// The answer's data; nothing where it is an error.
  std::optional<Json> ask(const Json& words) {
    const auto line = Json{{"command", words}, {"request_id", ++id_}}.dump() + "\n";
    if (::send(socket_.fd(), line.data(), line.size(), MSG_NOSIGNAL) < 0) return std::nullopt;
    while (true) {
      const auto end = buffer_.find('\n');
      if (end == std::string::npos) {
        char more[4096];
        const auto got = ::recv(socket_.fd(), more, sizeof more, 0);
        if (got <= 0) return std::nullopt;
        buffer_.append(more, static_cast<std::size_t>(got));
        continue;
      }
      const auto said = Json::parse(buffer_.substr(0, end), nullptr, false);
      buffer_.erase(0, end + 1);
      if (said.is_discarded() || said.value("request_id", -1) != id_ || said.contains("event")) continue;
      if (said.value("error", "") != "success") return std::nullopt;
      return said.contains("data") ? said["data"] : Json{};
    }
  }

  double time() {
    const auto said = ask({"get_property", "time-pos"});
    return said && said->is_number() ? said->get<double>() : -1;
  }

  bool reaches(double from, double to) {
    for (int i = 0; i < 500; ++i, std::this_thread::sleep_for(20ms))
      if (const double at = time(); at >= from && at < to) return true;
    return false;
  }

  Command& command() { return command_; }

 private:
  fs::path socket_path_;
  Command command_;
  Socket socket_{-1};
  std::string buffer_;
  int id_ = 0;
};

}  // namespace

TEST_CASE("mpv plays, pauses, seeks and ends", "[mpv]") {
  const std::string transport = GENERATE(as<std::string>{}, "tcp", "udp");
  CAPTURE(transport);
  Mpv mpv(server().url("/long.mp4"), transport);
  REQUIRE(mpv.connect());
  CHECK(mpv.reaches(0.3, 5));
  REQUIRE(mpv.ask({"seek", 20, "absolute"}));
  CHECK(mpv.reaches(19, 22));
  REQUIRE(mpv.ask({"set_property", "pause", true}));
  const double paused_at = mpv.time();
  std::this_thread::sleep_for(700ms);
  CHECK(mpv.time() == Approx(paused_at).margin(0.1));
  REQUIRE(mpv.ask({"set_property", "pause", false}));
  CHECK(mpv.reaches(paused_at + 0.5, paused_at + 4));
  REQUIRE(mpv.ask({"seek", 5, "absolute"}));
  CHECK(mpv.reaches(4, 7));
  REQUIRE(mpv.ask({"seek", 28, "absolute"}));
  CHECK(mpv.reaches(27, 30));
  CHECK(mpv.command().wait(std::chrono::seconds(15)) == 0);
}

TEST_CASE("mpv plays a part", "[mpv]") {
  const auto begun = Command::Clock::now();
  Command mpv({"mpv", "--no-config", "--vo=null", "--ao=null", "--force-seekable=yes", "--rtsp-transport=tcp",
               "--start=10", "--length=2", server().url("/long.mp4")});
  CHECK(mpv.wait(std::chrono::seconds(20)) == 0);
  const double took = std::chrono::duration<double>(mpv.ended_at() - begun).count();
  INFO(mpv.output());
  CHECK(took > 1.5);
  CHECK(took < 10);
}
