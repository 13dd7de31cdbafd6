#include "server/log/setup.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace lectern::server {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

void setup_log(LogLevel level) {
  auto logger =
      std::make_shared<spdlog::logger>("lectern", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern(std::string(log_pattern));
  logger->set_level(to_spdlog(level));
  // A full disk or a closed pipe behind stderr is no reason to complain on stderr.
  logger->set_error_handler([](const std::string&) {});
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace lectern::server
