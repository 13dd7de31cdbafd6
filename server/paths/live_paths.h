#pragma once

#include <memory>
#include <vector>

#include "media/live/live.h"
#include "server/config/config.h"
#include "server/paths/publish_slot.h"

namespace lectern::server {

/// The live media of the configuration, one pull each, for all loops.
class LivePaths {
 public:
  /// `config` outlives it.
  LivePaths(const Config& config, media::Log log);
  /// Stops them all at once, and waits for them.
  ~LivePaths();
  LivePaths(const LivePaths&) = delete;
  LivePaths& operator=(const LivePaths&) = delete;

  /// Starts the sources, apart from those on demand. Before anyone is served.
  void start();

  /// Of config.roots[root]; nullptr where that is no live media, and before start().
  [[nodiscard]] const std::shared_ptr<media::Live>& find(std::size_t root) const { return lives_[root]; }
  /// Of config.roots[root]; nullptr where nothing can be published to it.
  [[nodiscard]] PublishSlot* publish_slot(std::size_t root) const { return slots_[root].get(); }

 private:
  const Config& config_;
  const media::Log log_;
  std::vector<std::shared_ptr<media::Live>> lives_;
  std::vector<std::unique_ptr<PublishSlot>> slots_;
};

}  // namespace lectern::server
