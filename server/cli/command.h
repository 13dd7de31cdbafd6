#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/config/load.h"
#include "server/probe.h"

namespace lectern::server {

enum ExitCode : int { exit_ok = 0, exit_failure = 1, exit_usage = 2 };

/// lectern serve [PATH…] [--listen ADDR:PORT] [--tls-listen ADDR:PORT] [--config FILE] [--log-level LEVEL]
struct ServeCommand {
  std::vector<std::string> paths;
  std::optional<std::string> listen, tls_listen;
  std::optional<std::filesystem::path> config;
  std::optional<std::string> log_level;
};

/// lectern check FILE
struct CheckCommand {
  std::filesystem::path file;
};

/// Nothing to run: help, the version, or a mistake in the command line.
struct PrintedText {
  int exit_code = exit_ok;
  std::string text;  ///< for stdout where the exit code is 0, for stderr otherwise
};

using Command = std::variant<ServeCommand, ProbeOptions, CheckCommand, PrintedText>;

Command parse_command_line(int argc, const char* const* argv);

/// The file of the command, if any, then what the command line adds and overrides.
LoadedConfig make_config(const ServeCommand& command);

/// The same for a server that runs already: with what check_config() finds beyond it.
LoadedConfig make_config_again(const ServeCommand& command);

/// What `lectern check` prints and exits with.
PrintedText check_config(const CheckCommand& command);

}  // namespace lectern::server
