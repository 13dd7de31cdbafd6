#pragma once

#include <chrono>
#include <optional>

#include "server/cli/command.h"
#include "server/loop/file_watch.h"
#include "server/loop/signals.h"
#include "server/loop/timer.h"
#include "server/rtsp/rtsp_server.h"

namespace lectern::server {

/// Reads the configuration again when SIGHUP asks for it, or its file is another one where `watch` says so,
/// and has the server go on with it. One that is wrong is refused, and the one before stays.
class Reloader {
 public:
  /// How often the file is looked at.
  static constexpr std::chrono::milliseconds watch_period{500};
  /// However often it is asked for: the reading takes time from those that connect meanwhile.
  static constexpr std::chrono::milliseconds least_gap{200};

  /// From now on SIGHUP is heard, and waits where it was blocked; it takes effect once the loop runs.
  /// `command` is what the server was started with; what it says goes before the file as it did then. `read`:
  /// the file as it was when it was read.
  Reloader(EventLoop& loop, ServeCommand command, const FileStamp& read);
  /// Before the loop runs; `server` outlives it.
  void serve(RtspServer& server);

  /// SIGHUP waits until there is a Reloader.
  static void hold_signal();

 private:
  void ask();
  void reload();
  /// The file is watched from now on, or no more.
  void watch(bool wanted);

  EventLoop& loop_;
  const ServeCommand command_;
  RtspServer* server_ = nullptr;
  FileStamp read_;
  std::chrono::steady_clock::time_point last_;
  Timer due_;
  std::optional<FileWatch> watch_;
  SignalWatcher hangup_;
};

}  // namespace lectern::server
