#include "server/loop/file_watch.h"

#include <utility>

namespace lectern::server {

FileWatch::FileWatch(EventLoop& loop, std::filesystem::path file, const FileStamp& known,
                     std::chrono::milliseconds period, std::function<void()> changed)
    : file_(std::move(file)), changed_(std::move(changed)), told_(known), seen_(known), timer_(loop, [this] {
        look();
      }) {
  timer_.start_every(period);
}

void FileWatch::look() {
  const FileStamp now = stamp_of(file_);
  const bool settled = now == std::exchange(seen_, now);
  if (!settled || now == told_ || now == FileStamp{}) return;
  told_ = now;
  changed_();
}

}  // namespace lectern::server
