#pragma once

#include <filesystem>
#include <string>

#include "protocol/base/result.h"

namespace lectern::server {

/// Where the server keeps what it has made itself. `configured` where it is not empty, else $STATE_DIRECTORY
/// (systemd; the first of several), else $XDG_STATE_HOME/lectern, else ~/.local/state/lectern, else
/// /var/lib/lectern.
std::filesystem::path state_directory(const std::filesystem::path& configured);

/// The content of a file in it. Errc::not_found where there is none, Errc::io with the path and the reason.
Result<std::string> read_state(const std::filesystem::path& directory, const std::string& name);
/// Writes a file for the owner alone (0600), whole or not at all; makes the directory (0700). Errc::io with
/// the path and the reason.
Status write_state(const std::filesystem::path& directory, const std::string& name,
                   const std::string& content);

}  // namespace lectern::server
