#pragma once

#include <memory>
#include <vector>

#include "protocol/base/bytes.h"

namespace lectern::server {

/// Memory that stays where it is until clear(), which keeps the blocks for the next use.
class ByteArena {
 public:
  /// Uninitialised from the caller's view; empty for a size over kBlock.
  MutableBytes take(std::size_t size);
  void clear();

  static constexpr std::size_t kBlock = 128 * 1024;

 private:
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
};

}  // namespace lectern::server
