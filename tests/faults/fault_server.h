#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/faults/control.h"
#include "tests/support/player.h"
#include "tests/support/server_process.h"
#include "tests/support/temporary_folder.h"

namespace lectern::test {

/// One place where something is made to fail.
struct Fault {
  FaultKind kind = FaultKind::none;
  int error = 0;
  std::int64_t first = 1;
  std::int64_t times = 1;
  std::int64_t shortened = 0;
};
std::string to_string(const Fault& fault);

/// The control that the process under test maps, too.
class Faults {
 public:
  Faults();
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  void arm(const Fault& fault);
  /// Counts the calls of a kind, and nothing fails.
  void count(FaultKind kind) { arm({kind, 0, 0, 0}); }
  void disarm();
  std::int64_t calls() const;
  std::int64_t failed() const;
  void jump_wall_clock(std::int64_t seconds);
  const std::filesystem::path& file() const { return file_; }

 private:
  TemporaryFolder folder_;
  std::filesystem::path file_;
  FaultControl* control_ = nullptr;
};

/// A server that has the library of this folder loaded, and media of its own: target.mp4 and short.mp4.
class FaultServer {
 public:
  /// Faults may be armed already. Throws std::runtime_error where it does not start.
  explicit FaultServer(std::string config = "", Faults* faults = nullptr);

  ServerProcess& operator*() { return *server_; }
  ServerProcess* operator->() { return server_.get(); }
  Faults& faults() { return *faults_; }
  const std::filesystem::path& media() const { return media_.path(); }

  /// The media become others, so that they are read again.
  void renew_media() const;
  /// A new connection is answered.
  bool answers() const;
  /// It has ended by itself.
  bool ended() { return !server_->running(); }

 private:
  TemporaryFolder media_;
  std::unique_ptr<Faults> own_;
  Faults* faults_;
  std::unique_ptr<ServerProcess> server_;
};

/// What a viewer saw while something failed.
struct Visit {
  std::vector<int> statuses;  ///< 0 where no answer came before the connection was closed
  bool unanswered = false;    ///< a request got neither an answer nor an end
  std::size_t packets = 0;
};

/// Describes, sets up, plays and leaves again, as far as the server lets it.
Visit visit(const ServerProcess& server, const std::string& path, Over over);

/// How many calls of a kind `lectern --version` makes: what comes before anything is begun.
std::int64_t calls_of_version(FaultKind kind);

/// Counts a point; the sum is told at the end of the run.
void count_point();
int points();

/// All points are run, not a choice of them.
bool full_run();

/// Whether the program can be run with the library: one that is built with a sanitizer cannot.
bool can_inject();

bool eventually(const std::function<bool()>& condition, int at_most_ms);

}  // namespace lectern::test
