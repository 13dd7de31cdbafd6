#include "server/heap_trimmer.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <memory>
#include <vector>

#include "server/loop/event_loop.h"

using namespace lectern::server;
using namespace std::chrono_literals;

namespace {

[[maybe_unused]] std::uint64_t resident() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0, pages = 0;
  statm >> total >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// Blocks of 8 KiB with something that stays between them, so that nothing of it is at the end of the heap.
struct Fragments {
  std::vector<std::unique_ptr<char[]>> gone, kept;
  Fragments() {
    for (int i = 0; i < 4'000; ++i) {
      gone.push_back(std::make_unique<char[]>(8'192));
      kept.push_back(std::make_unique<char[]>(64));
    }
  }
};

}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("What was freed amid the heap is given back after many changes, or once it is quiet",
          "[heap_trimmer]") {
  const bool steady = GENERATE(false, true);
  std::uint64_t changes = 0, grows = steady ? 300 : 0;
  EventLoop loop;
  Fragments fragments;
  fragments.gone.clear();
  const std::uint64_t before = resident();
  if (!steady) changes = 1;
  HeapTrimmer trimmer(
      loop, [&] { return changes += grows; }, 20ms);
  Timer end(loop, [&] { loop.stop(); });
  end.start_after(200ms);
  loop.run();
  // 32 MiB were freed, less the pages in which something stays.
  CHECK(resident() + (8 << 20) < before);
}
#endif

TEST_CASE("Where nothing changes nothing is asked of the allocator", "[heap_trimmer]") {
  int asked = 0;
  EventLoop loop;
  HeapTrimmer trimmer(
      loop, [&] { return ++asked, 0; }, 10ms);
  Timer end(loop, [&] { loop.stop(); });
  end.start_after(100ms);
  loop.run();
  CHECK(asked > 1);
}
