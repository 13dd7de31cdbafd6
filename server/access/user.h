#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "server/access/network.h"
#include "server/access/password.h"
#include "server/access/path_pattern.h"

namespace lectern::server {

enum class Action : std::uint8_t { read, publish, admin };

inline constexpr std::array<std::string_view, 3> action_names{"read", "publish", "admin"};

/// Whose permissions are those of who has not logged in; it has no password.
inline constexpr std::string_view anonymous = "anonymous";

/// As the configuration describes one.
struct User {
  std::string name;
  std::vector<Password> passwords;  ///< any of them is right
  std::array<std::vector<PathPattern>, action_names.size()> permissions;
  std::vector<Network> networks;  ///< empty: from anywhere

  [[nodiscard]] bool permits(Action action, const std::vector<std::string>& path) const;
  [[nodiscard]] bool may_come_from(const Endpoint& peer) const;
  bool operator==(const User&) const = default;
};

}  // namespace lectern::server
