#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace lectern::server {

/// A file that a URL may name, not opened yet: `relative` below the directory `root`, or `root` itself. Of
/// live media only `configured`.
struct PathTarget {
  std::string root;
  std::string relative;
  std::size_t configured = 0;  ///< which of the configured roots it is
};

/// What the paths of URLs name: the configured roots.
class PathTable {
 public:
  /// Looks at the roots once, to tell files from directories. Throws std::runtime_error for one that is
  /// missing.
  explicit PathTable(const std::vector<PathRoot>& roots);

  /// The files that `path` (decoded, as in the URL) may name, the best first; empty where none can. Nothing
  /// is opened. Segments that begin with a dot, empty ones in the middle, backslashes and NULs name nothing.
  [[nodiscard]] std::vector<PathTarget> targets(std::string_view path) const;

 private:
  struct Root {
    std::vector<std::string> name;
    std::string source;
    bool directory = false;
    bool live = false;
    std::size_t configured = 0;
  };
  std::vector<Root> roots_;
};

}  // namespace lectern::server
