#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "protocol/base/result.h"
#include "server/config/config.h"

namespace lectern::server {

/// One key whose value is a single word, or a list of such; `Target` is what it is a key of.
template <typename Target>
struct Key {
  std::string_view name;
  std::string_view form;  ///< what to write, as the help shows it
  std::string_view help;
  /// Reads a value into the target; `base` is where relative paths begin.
  Status (*set)(Target&, std::string_view text, const std::filesystem::path& base);
  bool list = false;  ///< may be a list: each word in it is added
};

/// The keys at the top of the file whose values are words; `paths`, `users`, `auth` and `multicast` hold
/// mappings.
std::span<const Key<Config>> config_keys();
/// The keys of each entry of `paths`.
std::span<const Key<PathRoot>> path_keys();
/// The keys of each entry of `users`.
std::span<const Key<User>> user_keys();
/// The keys of `auth`.
std::span<const Key<HttpCheckConfig>> auth_keys();

/// The keys of `multicast`.
std::span<const Key<MulticastConfig>> multicast_keys();

/// Sets a key of config_keys() as the command line does; the error does not name the key.
Status set_key(Config& config, std::string_view name, std::string_view text);

/// All keys, a line each, for --help.
std::string describe_keys();

}  // namespace lectern::server
