#include <array>

#include "tests/fuzz/target.h"

namespace lectern::fuzz {

std::span<const std::span<const Target>> all_targets() {
  static const std::array lists{connection_targets(), media_file_targets(), server_text_targets()};
  return lists;
}

}  // namespace lectern::fuzz
