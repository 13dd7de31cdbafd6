// The server gives up root once its ports are open.
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/conformance/default_server.h"
#include "tests/conformance/play_checks.h"
#include "tests/support/temporary_folder.h"

using namespace lectern::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// Media that everyone may read, wherever the others are kept.
class OpenMedia {
 public:
  OpenMedia() {
    fs::copy_file(SampleMedia::get().root() / "lecture.mp4", folder_.path() / "lecture.mp4");
    fs::permissions(folder_.path() / "lecture.mp4", fs::perms(0644));
    fs::permissions(folder_.path(), fs::perms(0755));
  }
  const fs::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

bool is_root() {
  if (::geteuid() == 0) return true;
  WARN("only root can step down: not tested");
  return false;
}

/// A port that only root may open, where this system has such.
std::uint16_t low_port() {
  for (std::uint16_t port = 1023; port > 900; --port) {
    const auto address = Address::of("127.0.0.1", port);
    const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(socket.fd(), address.raw(), address.size) == 0) return port;
  }
  return 0;
}

// A line of the status of each thread: its first word, and the threads that have it.
std::map<std::string, int> of_threads(pid_t process, const std::string& name) {
  std::map<std::string, int> found;
  for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(name + ":\t")) ++found[line.substr(name.size() + 2)];
  }
  return found;
}

struct Ran {
  int code = -1;
  std::string out;
};

// A server that is to end by itself, with this configuration.
Ran serve(const fs::path& media, const std::string& yaml) {
  const TemporaryFolder folder;
  const auto config = folder.path() / "config.yaml";
  std::ofstream(config) << yaml;
  const char* named = std::getenv("LECTERN");
  const std::string command = "STATE_DIRECTORY=" + folder.path().string() + " timeout 20 " +
                              (named ? named : LECTERN_BINARY) + " serve " + media.string() +
                              " --listen 127.0.0.1:0 --config " + config.string() + " 2>&1";
  Ran ran;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe);
  char buffer[4096];
  for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    ran.out.append(buffer, size);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) ran.code = WEXITSTATUS(status);
  return ran;
}

}  // namespace

TEST_CASE("user: root opens the ports, and another serves them, in all threads", "[privileges]") {
  if (!is_root()) return;
  const OpenMedia media;
  ServerOptions options{media.path(), "user: nobody\nloops: 2\n", false};
  options.port = low_port();
  const ServerProcess server(options);
  Player player(server, "/lecture.mp4");
  player.setup_all(Over::udp);
  REQUIRE(player.play().status == 200);
  check_plays_on(player);
  const auto nobody = std::to_string(::getpwnam("nobody")->pw_uid);
  const auto group = std::to_string(::getpwnam("nobody")->pw_gid);
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"Uid", nobody + "\t" + nobody + "\t" + nobody + "\t" + nobody},
                                          {"Gid", group + "\t" + group + "\t" + group + "\t" + group},
                                          {"CapEff", "0000000000000000"},
                                          {"CapPrm", "0000000000000000"},
                                          {"NoNewPrivs", "1"}}) {
    CAPTURE(name);
    const auto found = of_threads(server.pid(), name);
    CHECK(found.size() == 1);
    CHECK(found.contains(value));
    CHECK(found.begin()->second >= 3);  // threads
  }
  CHECK_THAT(server.log(), !Catch::Contains("runs as root"));
}

TEST_CASE("user: media that it may not read are named before anyone is served", "[privileges]") {
  if (!is_root()) return;
  const OpenMedia media;
  fs::permissions(media.path(), fs::perms(0700));
  const Ran ran = serve(media.path(), "user: nobody\n");
  CHECK(ran.code == 1);
  CHECK_THAT(ran.out, Catch::Contains("user: as the user nobody: " + media.path().string()) &&
                          Catch::Contains("Permission denied"));
}

TEST_CASE("user: a certificate or key that it may not read are named, as they are read again",
          "[privileges]") {
  if (!is_root()) return;
  const OpenMedia media;
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms(0755));
  const auto pair = folder.path() / "pair.pem", key = folder.path() / "key.pem";
  {
    const ServerProcess other({media.path(), "", false});
    REQUIRE(other.rtsps_port() > 0);
    fs::copy_file(other.state_home() / "lectern" / "rtsps.pem", pair);
    fs::copy_file(pair, key);
  }
  const std::string config = "user: nobody\ntls_certificate: " + pair.string() + "\n";
  fs::permissions(pair, fs::perms(0600));
  CHECK_THAT(serve(media.path(), config).out,
             Catch::Contains("user: as the user nobody: " + pair.string() + " cannot be read"));
  fs::permissions(pair, fs::perms(0644));
  fs::permissions(key, fs::perms(0600));
  const std::string with_key = config + "tls_key: " + key.string() + "\n";
  CHECK_THAT(serve(media.path(), with_key).out,
             Catch::Contains("user: as the user nobody: " + key.string() + " cannot be read"));
  fs::permissions(key, fs::perms(0644));
  CHECK(ServerProcess({media.path(), with_key, false}).rtsps_port() > 0);
}

TEST_CASE("user: live media needs no file, and is pulled by that user", "[privileges][live]") {
  if (!is_root()) return;
  const OpenMedia media;
  const auto source = (media.path() / "lecture.mp4").string();
  const ServerProcess server({media.path(),
                              "user: nobody\npaths:\n  loop: { source: " + source +
                                  ", loop: yes }\n  far: { source: \"rtsp://127.0.0.1:1/x\" }\n",
                              false});
  Player player(server, "/loop");
  player.setup_all(Over::tcp);
  CHECK(player.play().status == 200);
  const auto nobody = std::to_string(::getpwnam("nobody")->pw_uid);
  CHECK(of_threads(server.pid(), "Uid").size() == 1);
  CHECK(of_threads(server.pid(), "Uid").contains(nobody + "\t" + nobody + "\t" + nobody + "\t" + nobody));
}

TEST_CASE("user: one that the system does not know is named", "[privileges]") {
  const Ran ran = serve(SampleMedia::get().root(), "user: no-such-user\n");
  CHECK(ran.code == 1);
  CHECK_THAT(ran.out, Catch::Contains("config.yaml:1: user: the system has no user no-such-user"));
}

TEST_CASE("without user a server that runs as root says so once", "[privileges]") {
  if (!is_root()) return;
  const ServerProcess server(with_config(""));
  const auto log = server.log();
  const auto at = log.find("the server runs as root: name in user");
  REQUIRE(at != std::string::npos);
  CHECK(log.find("runs as root", at + 30) == std::string::npos);
}
