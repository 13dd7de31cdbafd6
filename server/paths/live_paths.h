#pragma once

#include <memory>
#include <optional>
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
  /// Stops those that were not handed over at once, and waits for them.
  ~LivePaths();
  LivePaths(const LivePaths&) = delete;
  LivePaths& operator=(const LivePaths&) = delete;

  /// Starts the sources, apart from those on demand. Before anyone is served.
  void start();
  /// The same in the place of `before`, whose sources go on where `going_on` names one for a root.
  void start(LivePaths& before, const std::vector<std::optional<std::size_t>>& going_on);
  /// Stops those that were not handed over, without waiting; their readers come to an end.
  void close();
  /// Nobody but this holds one that was closed, and none is busy: it can be destroyed without a wait.
  [[nodiscard]] bool at_rest() const;

  /// Of config.roots[root]; nullptr where that is no live media, and before start().
  [[nodiscard]] const std::shared_ptr<media::Live>& find(std::size_t root) const { return lives_[root]; }
  /// Of config.roots[root]; nullptr where nothing can be published to it.
  [[nodiscard]] const std::shared_ptr<PublishSlot>& publish_slot(std::size_t root) const {
    return slots_[root];
  }

 private:
  const Config& config_;
  const media::Log log_;
  std::vector<std::shared_ptr<media::Live>> lives_;
  std::vector<std::shared_ptr<PublishSlot>> slots_;
  std::vector<bool> handed_over_;  ///< to who came in its place
};

}  // namespace lectern::server
