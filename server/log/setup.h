#pragma once

#include <spdlog/common.h>

#include <string_view>

#include "server/log/level.h"

namespace lectern::server {

/// Date, time with milliseconds, level, message.
inline constexpr std::string_view log_pattern = "%Y-%m-%d %H:%M:%S.%e %l: %v";

/// Makes stderr the place of every log line of this process; to be called before the loops start.
void setup_log(LogLevel level);

spdlog::level::level_enum to_spdlog(LogLevel level);

}  // namespace lectern::server
