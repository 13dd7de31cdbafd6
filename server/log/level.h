#pragma once

#include <array>
#include <string_view>

namespace lectern::server {

enum class LogLevel { trace, debug, info, warning, error, off };

/// The names in the configuration and on the command line, in the order of the enumerators.
inline constexpr std::array<std::string_view, 6> log_level_names{"trace",   "debug", "info",
                                                                 "warning", "error", "off"};

}  // namespace lectern::server
