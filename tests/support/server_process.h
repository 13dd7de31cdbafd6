#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace lectern::test {

struct ServerOptions {
  std::filesystem::path root;
  std::string config{};    ///< YAML text, given to the program as `--config FILE`
  bool ipv6 = false;       ///< listen on [::1] in place of 127.0.0.1
  bool plain = true;       ///< false: `--listen off`, so that there is RTSPS alone
  std::uint16_t port = 0;  ///< 0: a free one
  std::string host{};      ///< to listen on another address; empty: as ipv6 says
};

enum class Sanitizer : std::uint8_t { address, thread };
/// Whether the program under test has it built in.
bool built_with(Sanitizer sanitizer);

/// A running `lectern serve` on a free port of the loopback interface. The program is taken from the
/// environment's LECTERN, else from the build. Throws std::runtime_error with the log when it does not come
/// up.
class ServerProcess {
 public:
  explicit ServerProcess(const ServerOptions& options);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  /// Of RTSPS, as the log names it. Throws std::runtime_error where it does not, in a few seconds.
  std::uint16_t rtsps_port() const;
  /// As a socket takes it: no brackets.
  const std::string& host() const { return host_; }
  /// `rtsp://host:port` + path, path beginning with `/`.
  std::string url(std::string_view path) const;
  /// The same by RTSPS.
  std::string rtsps_url(std::string_view path) const;
  /// Where its state directory is made, as XDG_STATE_HOME.
  std::filesystem::path state_home() const { return scratch_ / "state"; }
  pid_t pid() const { return pid_; }
  /// The file of ServerOptions::config.
  std::filesystem::path config_file() const { return scratch_ / "config.yaml"; }
  void send(int signal) const;
  /// All that the program has written to stdout and stderr.
  std::string log() const;
  bool running();
  std::size_t open_descriptors() const;
  /// SIGTERM, then waits up to five seconds: the exit code, 128 + signal when one ended it, -1 when it had to
  /// be killed.
  int stop();
  /// SIGKILL, as a power cut does; it is not counted among those that ended badly.
  void kill();
  /// stop() gives 0, and no sanitizer has said a word in the log.
  bool stops_well();
  /// How many were destroyed that did not stop well; what they said last is on stdout.
  static int ended_badly();

 private:
  void spawn(const ServerOptions& options);
  void wait_until_it_accepts(bool plain);
  std::string bracketed_host() const;
  void reap(int flags);

  std::string host_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  int exit_code_ = -1;
  bool killed_ = false;
  std::filesystem::path scratch_;
};

}  // namespace lectern::test
