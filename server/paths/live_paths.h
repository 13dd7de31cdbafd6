#pragma once

#include <memory>
#include <vector>

#include "media/live/live.h"
#include "server/config/config.h"

namespace lectern::server {

/// The live media of the configuration, one pull each, for all loops.
class LivePaths {
 public:
  /// Starts the sources, apart from those on demand.
  LivePaths(const Config& config, const media::Log& log);
  /// Stops them all at once, and waits for them.
  ~LivePaths();
  LivePaths(const LivePaths&) = delete;
  LivePaths& operator=(const LivePaths&) = delete;

  /// Of config.roots[root]; nullptr where that is no live media.
  [[nodiscard]] const std::shared_ptr<media::Live>& find(std::size_t root) const { return lives_[root]; }

 private:
  std::vector<std::shared_ptr<media::Live>> lives_;
};

}  // namespace lectern::server
