#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "tests/support/temporary_folder.h"

namespace lectern::test {

/// How many bytes the heap of a server has given out; of one that is started while this exists.
class HeapOfServer {
 public:
  HeapOfServer();
  ~HeapOfServer();
  HeapOfServer(const HeapOfServer&) = delete;
  HeapOfServer& operator=(const HeapOfServer&) = delete;

  [[nodiscard]] std::uint64_t used() const;
  /// The least within `time`: sessions end at their timeouts, and what was posted for them later.
  [[nodiscard]] std::uint64_t least_within(std::chrono::seconds time) const;

 private:
  TemporaryFolder folder_;
  std::filesystem::path file_;
};

}  // namespace lectern::test
