#pragma once

#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::test {

using Words = std::vector<std::string>;

/// What stands between blanks: a command line without quotes.
inline Words words(std::string_view line) {
  std::istringstream stream{std::string(line)};
  return {std::istream_iterator<std::string>(stream), {}};
}

}  // namespace lectern::test
