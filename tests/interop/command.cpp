#include "tests/interop/command.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace lectern::test {

using namespace std::chrono_literals;

Command::Command(const Words& words) {
  auto pattern = (std::filesystem::temp_directory_path() / "lectern-player-XXXXXX").string();
  const int log = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (log < 0) throw std::runtime_error("cannot make " + pattern);
  log_ = pattern;
  std::vector<char*> argv;
  auto copy = words;
  for (auto& word : copy) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, log, 1);
  posix_spawn_file_actions_adddup2(&files, log, 2);
  const int failed = ::posix_spawnp(&pid_, argv[0], &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  ::close(log);
  if (!failed) return;
  std::error_code ignored;
  std::filesystem::remove(log_, ignored);
  throw std::runtime_error("cannot run " + words[0]);
}

Command::~Command() {
  if (running()) {
    ::kill(pid_, SIGKILL);
    reap(0);
  }
  std::error_code ignored;
  std::filesystem::remove(log_, ignored);
}

void Command::reap(int flags) {
  int status = 0;
  if (::waitpid(pid_, &status, flags) != pid_) return;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended_at_ = Clock::now();
  pid_ = -1;
}

void Command::send(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

bool Command::running() {
  if (pid_ > 0) reap(WNOHANG);
  return pid_ > 0;
}

int Command::wait(std::chrono::seconds at_most) {
  for (const auto deadline = Clock::now() + at_most; Clock::now() < deadline;
       std::this_thread::sleep_for(10ms)) {
    if (!running()) return exit_code_;
  }
  ::kill(pid_, SIGKILL);
  reap(0);
  return exit_code_ = -1;
}

std::string Command::output() const {
  std::ostringstream text;
  text << std::ifstream(log_).rdbuf();
  return text.str();
}

bool was_no_player(const std::string& said) {
  return said.find("Delayed linking failed") != std::string::npos ||
         said.find("Caught SIGSEGV") != std::string::npos;
}

Outcome run(const Words& words, std::chrono::seconds at_most) {
  const bool gst_launch = words.front() == "gst-launch-1.0";
  Outcome outcome;
  for (int attempt = 0; attempt == 0 || (attempt < 4 && gst_launch && was_no_player(outcome.output));
       ++attempt) {
    Command command(words);
    outcome.code = command.wait(at_most);
    outcome.output = command.output();
  }
  return outcome;
}

}  // namespace lectern::test
