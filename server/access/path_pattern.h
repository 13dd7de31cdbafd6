#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"

namespace lectern::server {

/// The segments of a path, decoded, as a URL names it: no empty ones at the ends, no ".".
std::vector<std::string> path_segments(std::string_view path);

/// Names paths: in a segment `*` stands for any characters, as a segment of its own `**` for any segments,
/// also for none. "lectures/**" is "lectures" and all below it.
class PathPattern {
 public:
  /// Errc::invalid for an empty pattern, empty segments, "." and "..", and ** within a segment.
  static Result<PathPattern> parse(std::string_view text);

  [[nodiscard]] bool matches(const std::vector<std::string>& segments) const;

  bool operator==(const PathPattern&) const = default;

 private:
  std::vector<std::string> segments_;
};

}  // namespace lectern::server
