#pragma once

#include <filesystem>
#include <string_view>

#include "server/access/password.h"

namespace lectern::server {

// Passwords that stand elsewhere than in the configuration, in the forms of parse_password(). No error
// repeats one.

/// Errc::not_found where the environment has no such variable.
Result<Password> password_from_env(std::string_view name);
/// A file with one line; relative ones are taken from `base`.
Result<Password> password_from_file(std::string_view path, const std::filesystem::path& base);

}  // namespace lectern::server
