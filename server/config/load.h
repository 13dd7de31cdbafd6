#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"
#include "server/config/config.h"

namespace lectern::server {

/// A configuration, valid where `errors` is empty. Each error is a line for a person, in the order of the
/// file: "lectern.yml:12: paths.cam1.sourc: unknown key (did you mean source?)".
struct LoadedConfig {
  Config config;
  std::vector<std::string> errors;
};

/// Reads a YAML 1.2 file; relative sources in it begin at the folder of the file.
LoadedConfig load_config(const std::filesystem::path& file);

/// The same from text; `name` stands for the file in errors.
LoadedConfig parse_config(std::string_view yaml, std::string_view name, const std::filesystem::path& base);

/// Adds a file or directory of the command line: a directory at the top of the URLs, a file under its own
/// name.
Status add_root(Config& config, std::string_view path);

}  // namespace lectern::server
