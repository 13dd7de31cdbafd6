#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "tests/support/words.h"

namespace lectern::test {

/// A program that runs beside the test. What is left of it at the end is killed.
class Command {
 public:
  using Clock = std::chrono::steady_clock;

  /// Throws std::runtime_error where it cannot be started.
  explicit Command(const Words& words);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  /// Waits until it ends, kills it after `at_most`: the exit code, 128 + signal, or -1 where it had to be
  /// killed.
  int wait(std::chrono::seconds at_most);
  bool running();
  /// To the program alone, while it runs.
  void send(int signal) const;
  /// When it ended, as wait() or running() noticed it.
  Clock::time_point ended_at() const { return ended_at_; }
  /// All that it has written to stdout and stderr.
  std::string output() const;

 private:
  void reap(int flags);

  pid_t pid_ = -1;
  int exit_code_ = -1;
  Clock::time_point ended_at_{};
  std::filesystem::path log_;
};

struct Outcome {
  int code = -1;
  std::string output;
};

/// Of what gst-launch-1.0 (1.22) said: it sometimes fails to link the pads of two tracks, which come in two
/// threads at once, or crashes by itself under load.
bool was_no_player(const std::string& said);

/// Runs a program to its end; gst-launch-1.0 once more where it was no player.
Outcome run(const Words& words, std::chrono::seconds at_most = std::chrono::seconds(60));

}  // namespace lectern::test
