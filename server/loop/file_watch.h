#pragma once

#include <chrono>
#include <filesystem>
#include <functional>

#include "server/loop/file_stamp.h"
#include "server/loop/timer.h"

namespace lectern::server {

/// Tells on a loop that a file has become another: written to, replaced under its name, or there again, also
/// behind a link and on a network file system, of which the system tells nothing. It is looked at every
/// `period`, and told once it has stayed as it is for as long, as an editor writes in several steps. A file
/// that is gone is no change before another one is in its place.
class FileWatch {
 public:
  /// `known`: as it was when it was read last.
  FileWatch(EventLoop& loop, std::filesystem::path file, const FileStamp& known,
            std::chrono::milliseconds period, std::function<void()> changed);

 private:
  void look();

  const std::filesystem::path file_;
  const std::function<void()> changed_;
  FileStamp told_, seen_;
  Timer timer_;
};

}  // namespace lectern::server
