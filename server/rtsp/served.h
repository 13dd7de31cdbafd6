#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "server/access/access.h"
#include "server/config/config.h"
#include "server/multicast/groups.h"
#include "server/paths/live_paths.h"
#include "server/paths/path_table.h"

namespace lectern::server {

/// A configuration as it is served: what requests are looked up in, on all loops. Never changed: a reload
/// puts another one in its place on each loop, and the one before goes once no request is under way in it.
/// Made and destroyed on the thread that reloads.
struct Served {
  /// Nothing of the live media runs before live.start(). Throws std::runtime_error for a source that is
  /// missing, and where an external check cannot be started.
  Served(const Config& configuration, media::Log log);
  /// In the place of `before`: paths whose media has not changed go on in it. To be kept once `before` is not
  /// served any more.
  Served(const Config& configuration, Served& before, media::Log log);

  /// Whether the media of this number is served: 0 always is.
  [[nodiscard]] bool serves(std::uint64_t number) const;
  /// The name of the root of this number; nullopt where it is not served.
  [[nodiscard]] std::optional<std::string_view> name_of(std::uint64_t number) const;
  [[nodiscard]] bool has_name(std::string_view name) const;

  const Config config;
  const PathTable paths;
  const std::shared_ptr<Access> access;
  LivePaths live;
  const std::shared_ptr<MulticastGroups> multicast;
  /// Of each of config.roots: one number as long as its media goes on, and never again.
  std::vector<std::uint64_t> numbers;
  std::uint64_t next_number = 1;
};

}  // namespace lectern::server
