#include "server/paths/path_table.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "protocol/base/text.h"

namespace lectern::server {
namespace {

/// The segments of a path; nullopt where one could lead elsewhere than it says.
std::optional<std::vector<std::string>> segments_of(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string> segments;
  if (path.empty()) return segments;
  for (const std::string_view segment : split(path, '/')) {
    if (segment.empty() || segment.front() == '.') return std::nullopt;
    if (segment.find('\\') != segment.npos || segment.find('\0') != segment.npos) return std::nullopt;
    segments.emplace_back(segment);
  }
  return segments;
}

std::string join(std::vector<std::string>::const_iterator first,
                 std::vector<std::string>::const_iterator last) {
  std::string joined;
  for (auto it = first; it != last; ++it) joined += (joined.empty() ? "" : "/") + *it;
  return joined;
}

}  // namespace

PathTable::PathTable(const std::vector<PathRoot>& roots) {
  for (const PathRoot& root : roots) {
    if (root.is_live()) {
      roots_.push_back(
          {segments_of(root.name).value_or(std::vector<std::string>{}), {}, false, true, roots_.size()});
      continue;
    }
    if (!std::filesystem::exists(root.source))
      throw std::runtime_error(root.source.string() + ": no such file or directory");
    roots_.push_back({segments_of(root.name).value_or(std::vector<std::string>{}),
                      std::filesystem::canonical(root.source).string(),
                      std::filesystem::is_directory(root.source), false, roots_.size()});
  }
  std::stable_sort(roots_.begin(), roots_.end(),
                   [](const Root& a, const Root& b) { return a.name.size() > b.name.size(); });
}

std::vector<PathTarget> PathTable::targets(std::string_view path) const {
  std::vector<PathTarget> found;
  const auto segments = segments_of(path);
  if (!segments) return found;
  for (const Root& root : roots_) {
    if (root.name.size() > segments->size() ||
        !std::equal(root.name.begin(), root.name.end(), segments->begin()))
      continue;
    const auto rest = segments->begin() + static_cast<std::ptrdiff_t>(root.name.size());
    if (root.directory && rest != segments->end())
      found.push_back({root.source, join(rest, segments->end()), root.configured});
    else if (!root.directory && rest == segments->end())
      found.push_back({root.source, "", root.configured});
  }
  return found;
}

}  // namespace lectern::server
