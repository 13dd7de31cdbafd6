#include "server/heap_trimmer.h"

#include <malloc.h>

namespace lectern::server {
namespace {

/// Few changes leave little behind: they wait until it is quiet.
constexpr std::uint64_t many = 256;

}  // namespace

HeapTrimmer::HeapTrimmer(EventLoop& loop, std::function<std::uint64_t()> changes,
                         std::chrono::milliseconds period)
    : changes_(std::move(changes)), timer_(loop, [this] { look(); }) {
  timer_.start_every(period);
}

void HeapTrimmer::look() {
  const std::uint64_t now = changes_();
  const bool quiet = now == seen_;
  seen_ = now;
  if (now - trimmed_ < (quiet ? 1 : many)) return;
  trimmed_ = now;
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace lectern::server
