#include "server/access/path_pattern.h"

#include "protocol/base/text.h"
#include "server/log/escape.h"

namespace lectern::server {
namespace {

/// Whether a row of tokens fits a pattern in which those that `is_star` stand for any row. Linear but for the
/// last star, which takes one token more each time the rest does not fit.
template <typename Pattern, typename Tokens, typename IsStar, typename Fits>
bool glob(const Pattern& pattern, const Tokens& tokens, IsStar is_star, Fits fits) {
  std::size_t p = 0, t = 0, star = pattern.size(), taken = 0;
  while (t < tokens.size()) {
    if (p < pattern.size() && is_star(pattern[p])) {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && fits(pattern[p], tokens[t])) {
      ++p;
      ++t;
    } else if (star < pattern.size()) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && is_star(pattern[p])) ++p;
  return p == pattern.size();
}

bool fits_segment(const std::string& pattern, const std::string& segment) {
  return glob(
      pattern, segment, [](char c) { return c == '*'; }, [](char a, char b) { return a == b; });
}

}  // namespace

std::vector<std::string> path_segments(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string> segments;
  if (path.empty()) return segments;
  for (const std::string_view segment : split(path, '/'))
    if (segment != ".") segments.emplace_back(segment);
  return segments;
}

Result<PathPattern> PathPattern::parse(std::string_view text) {
  const std::string shown = '"' + escape(text, 80) + "\" is not a path pattern ";
  PathPattern pattern;
  if (text.starts_with('/')) text.remove_prefix(1);
  for (const std::string_view segment : split(text, '/')) {
    if (segment.empty()) return invalid(shown + "(write lectures/**, or ** for everything)");
    if (segment == "." || segment == "..") return invalid(shown + "(no . or .. in it)");
    if (segment != "**" && segment.find("**") != segment.npos)
      return invalid(shown + "(** is a whole segment)");
    pattern.segments_.emplace_back(segment);
  }
  return pattern;
}

bool PathPattern::matches(const std::vector<std::string>& segments) const {
  return glob(
      segments_, segments, [](const std::string& each) { return each == "**"; }, fits_segment);
}

}  // namespace lectern::server
