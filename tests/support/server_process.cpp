#include "tests/support/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/socket.h"

#ifndef LECTERN_BINARY
#define LECTERN_BINARY "lectern"
#endif

extern char** environ;

namespace lectern::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

int bad_ends = 0;

std::string binary() {
  const char* named = std::getenv("LECTERN");
  return named ? named : LECTERN_BINARY;
}

std::uint16_t free_port(const std::string& host) {
  const auto address = Address::of(host, 0);
  const Socket socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(socket.fd(), address.raw(), address.size) != 0)
    throw std::runtime_error("cannot bind to " + host);
  return local_port(socket);
}

fs::path make_scratch() {
  auto pattern = (fs::temp_directory_path() / "lectern-test-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make " + pattern);
  return pattern;
}

}  // namespace

bool built_with(Sanitizer sanitizer) {
  std::ifstream program(binary(), std::ios::binary);
  const std::string code{std::istreambuf_iterator<char>(program), {}};
  return code.find(sanitizer == Sanitizer::address ? "__asan_init" : "__tsan_init") != std::string::npos;
}

ServerProcess::ServerProcess(const ServerOptions& options)
    : host_(!options.host.empty() ? options.host
            : options.ipv6        ? "::1"
                                  : "127.0.0.1"),
      port_(options.port != 0 ? options.port : free_port(host_)),
      scratch_(make_scratch()) {
  spawn(options);
  try {
    wait_until_it_accepts(options.plain);
  } catch (...) {
    stop();
    fs::remove_all(scratch_);
    throw;
  }
}

ServerProcess::~ServerProcess() {
  if (!killed_ && !stops_well()) {
    ++bad_ends;
    const auto text = log();
    std::cout << "\nA SERVER did not stop well, exit code " << exit_code_ << ". The end of its log:\n"
              << text.substr(text.size() > 8000 ? text.size() - 8000 : 0) << std::endl;
  }
  std::error_code ignored;
  fs::remove_all(scratch_, ignored);
}

void ServerProcess::spawn(const ServerOptions& options) {
  const auto listen = options.plain ? bracketed_host() + ":" + std::to_string(port_) : "off";
  std::vector<std::string> words{binary(), "serve",        options.root.string(),  "--listen",
                                 listen,   "--tls-listen", bracketed_host() + ":0"};
  if (!options.config.empty()) {
    std::ofstream(config_file()) << options.config;
    words.insert(words.end(), {"--config", config_file().string()});
  }
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // What a server makes and keeps is not for the next one.
  std::string state = "XDG_STATE_HOME=" + state_home().string();
  std::vector<char*> environment{state.data()};
  for (char** variable = environ; *variable; ++variable)
    if (!std::string_view(*variable).starts_with("XDG_STATE_HOME=") &&
        !std::string_view(*variable).starts_with("STATE_DIRECTORY="))
      environment.push_back(*variable);
  environment.push_back(nullptr);

  const auto log = scratch_ / "log";
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  const int failed = ::posix_spawnp(&pid_, argv[0], &files, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&files);
  if (failed) {
    pid_ = -1;
    fs::remove_all(scratch_);
    throw std::runtime_error("cannot run " + words[0] + ": set LECTERN to the program's path");
  }
}

void ServerProcess::wait_until_it_accepts(bool plain) {
  const auto address = Address::of(host_, port_);
  for (const auto deadline = Clock::now() + 15s; Clock::now() < deadline; std::this_thread::sleep_for(20ms)) {
    if (!running())
      throw std::runtime_error("the server ended with " + std::to_string(exit_code_) + ":\n" + log());
    if (!plain) {
      if (log().find("listening on rtsps://") != std::string::npos) return;
      continue;
    }
    const Socket probe(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(probe.fd(), address.raw(), address.size) == 0) return;
  }
  throw std::runtime_error("the server does not accept connections:\n" + log());
}

bool ServerProcess::stops_well() {
  const int code = stop();
  const auto text = log();
  return code == 0 && text.find("Sanitizer") == std::string::npos &&
         text.find("runtime error:") == std::string::npos;
}

int ServerProcess::ended_badly() {
  return bad_ends;
}

std::string ServerProcess::bracketed_host() const {
  return host_.find(':') == std::string::npos ? host_ : "[" + host_ + "]";
}

std::string ServerProcess::url(std::string_view path) const {
  return "rtsp://" + bracketed_host() + ":" + std::to_string(port_) + std::string(path);
}

std::uint16_t ServerProcess::rtsps_port() const {
  const auto named = "listening on rtsps://" + bracketed_host() + ":";
  for (const auto deadline = Clock::now() + 5s;; std::this_thread::sleep_for(10ms)) {
    const auto text = log();
    const auto found = text.find(named);
    if (found != std::string::npos && text.find('\n', found) != std::string::npos)
      return static_cast<std::uint16_t>(std::stoi(text.substr(found + named.size(), 5)));
    if (Clock::now() > deadline) throw std::runtime_error("the server names no port for RTSPS:\n" + text);
  }
}

std::string ServerProcess::rtsps_url(std::string_view path) const {
  return "rtsps://" + bracketed_host() + ":" + std::to_string(rtsps_port()) + std::string(path);
}

std::string ServerProcess::log() const {
  std::ostringstream text;
  text << std::ifstream(scratch_ / "log").rdbuf();
  return text.str();
}

bool ServerProcess::running() {
  if (pid_ > 0) reap(WNOHANG);
  return pid_ > 0;
}

void ServerProcess::reap(int flags) {
  int status = 0;
  if (::waitpid(pid_, &status, flags) != pid_) return;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  pid_ = -1;
}

std::size_t ServerProcess::open_descriptors() const {
  std::size_t count = 0;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(pid_) + "/fd", gone)) {
    count += entry.path().empty() ? 0 : 1;
  }
  return count;
}

void ServerProcess::send(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

void ServerProcess::kill() {
  killed_ = true;
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  reap(0);
}

int ServerProcess::stop() {
  if (!running()) return exit_code_;
  ::kill(pid_, SIGTERM);
  for (const auto deadline = Clock::now() + 5s; Clock::now() < deadline; std::this_thread::sleep_for(5ms)) {
    if (!running()) return exit_code_;
  }
  ::kill(pid_, SIGKILL);
  reap(0);
  exit_code_ = -1;
  return exit_code_;
}

}  // namespace lectern::test
