#include "tests/floods/heap.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace lectern::test {

HeapOfServer::HeapOfServer() : file_(folder_.path() / "heap") {
  const std::uint64_t none = 0;
  std::ofstream(file_, std::ios::binary).write(reinterpret_cast<const char*>(&none), sizeof none);
  ::setenv("LECTERN_HEAP", file_.c_str(), 1);
  ::setenv("LD_PRELOAD", LECTERN_HEAP_WATCH, 1);
}

HeapOfServer::~HeapOfServer() {
  ::unsetenv("LD_PRELOAD");
  ::unsetenv("LECTERN_HEAP");
}

std::uint64_t HeapOfServer::used() const {
  std::uint64_t bytes = 0;
  std::ifstream(file_, std::ios::binary).read(reinterpret_cast<char*>(&bytes), sizeof bytes);
  return bytes;
}

std::uint64_t HeapOfServer::least_within(std::chrono::seconds time) const {
  std::uint64_t least = used();
  for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;
       std::this_thread::sleep_for(std::chrono::milliseconds(100)))
    least = std::min(least, used());
  return least;
}

}  // namespace lectern::test
