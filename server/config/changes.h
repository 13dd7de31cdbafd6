#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace lectern::server {

/// What another configuration changes of the one that runs.
struct ConfigChanges {
  std::vector<std::string> added, changed, removed;  ///< names of paths, "/" for the top
  std::size_t unchanged = 0;                         ///< paths
  std::vector<std::string> keys;           ///< "users", "paths.cam2.allow": they take effect at once
  std::vector<std::string> at_next_start;  ///< keys that a start alone can change

  bool operator==(const ConfigChanges&) const = default;
};

/// `running` is what applicable() gave, or what the server was started with.
ConfigChanges compare(const Config& running, const Config& wanted);

/// For each root of `wanted` the one of `running` as which it goes on with its viewers, as nothing of its
/// media has changed. Who may play it may be others.
std::vector<std::optional<std::size_t>> roots_going_on(const Config& running, const Config& wanted);

/// `wanted`, but for the keys that take effect at the next start.
Config applicable(Config wanted, const Config& running);

/// One line: "1 path added (cam7), 1 changed (cam2), 40 unchanged; users changed".
std::string describe(const ConfigChanges& changes);

/// The keys of config_keys() that reload knows, in no order: all.
std::vector<std::string_view> compared_keys();

}  // namespace lectern::server
