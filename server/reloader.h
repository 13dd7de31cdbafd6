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

  /// `command` is what the server was started with; what it says goes before the file as it did then.
  /// `server` outlives it.
  Reloader(EventLoop& loop, ServeCommand command, RtspServer& server);

 private:
  void ask();
  void reload();
  /// The file is watched from now on, or no more.
  void watch(bool wanted);

  EventLoop& loop_;
  const ServeCommand command_;
  RtspServer& server_;
  std::chrono::steady_clock::time_point last_;
  Timer due_;
  std::optional<FileWatch> watch_;
  SignalWatcher hangup_;
};

}  // namespace lectern::server
