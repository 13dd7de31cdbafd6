#pragma once

#include <memory>
#include <vector>

#include "media/live/live.h"
#include "server/config/config.h"

namespace lectern::server {

/// The live media of the configuration, one pull each, for all loops.
class LivePaths {
 public:
  /// `config` outlives it.
  LivePaths(const Config& config, media::Log log)
      : config_(config), log_(std::move(log)), lives_(config.roots.size()) {}
  /// Stops them all at once, and waits for them.
  ~LivePaths();
  LivePaths(const LivePaths&) = delete;
  LivePaths& operator=(const LivePaths&) = delete;

  /// Starts the sources, apart from those on demand. Before anyone is served.
  void start();

  /// Of config.roots[root]; nullptr where that is no live media, and before start().
  [[nodiscard]] const std::shared_ptr<media::Live>& find(std::size_t root) const { return lives_[root]; }

 private:
  const Config& config_;
  const media::Log log_;
  std::vector<std::shared_ptr<media::Live>> lives_;
};

}  // namespace lectern::server
