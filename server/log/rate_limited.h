#pragma once

#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "server/log/setup.h"

namespace lectern::server {

/// Logs one kind of event, as peers can cause it, at most once a second, and tells with the next line how
/// many it kept back. One object a kind and thread: there is no lock in it.
class RateLimited {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit RateLimited(LogLevel level) : level_(to_spdlog(level)) {}

  /// What is to be added to the line of an event at `now`: "", or " (17 more like this in the last second)";
  /// nullopt where the event is counted instead of logged.
  std::optional<std::string> admit(Time now);

  /// Formats only what is logged.
  template <typename... Args>
  void log(Time now, fmt::format_string<Args...> format, Args&&... args) {
    if (!spdlog::should_log(level_)) return;
    if (const auto suffix = admit(now)) {
      spdlog::log(level_, "{}{}", fmt::format(format, std::forward<Args>(args)...), *suffix);
    }
  }

 private:
  spdlog::level::level_enum level_;
  std::optional<Time> logged_;
  std::uint64_t suppressed_ = 0;
};

}  // namespace lectern::server
