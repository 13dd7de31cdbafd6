#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lectern::media {

/// What a log tells of a source that is away and tried for ever: each reason once an outage, and, in growing
/// intervals, how long it has lasted. Times are CLOCK_MONOTONIC in microseconds.
class OutageLog {
 public:
  /// A try has failed: the line to log, where there is news.
  std::optional<std::string> failed(const std::string& reason, std::int64_t now_us);
  /// The source is back: ", after 42 s away and 3 tries"; empty where it was not away.
  std::string back(std::int64_t now_us);

 private:
  std::int64_t since_us_ = 0, told_us_ = 0;
  std::int64_t interval_us_ = 0;
  std::uint64_t tries_ = 0;  // 0: it is not away
  std::vector<std::string> told_;
};

}  // namespace lectern::media
