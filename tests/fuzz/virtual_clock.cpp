#include "tests/fuzz/virtual_clock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <ctime>

namespace {

std::atomic<std::int64_t> ahead_ns = 0;

}  // namespace

/// In the place of the C library's, also for the libraries that this program loads.
extern "C" __attribute__((visibility("default"))) int clock_gettime(clockid_t clock,
                                                                    timespec* time) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (result != 0 || (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE)) return result;
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t nanoseconds = time->tv_nsec + ahead_ns.load(std::memory_order_relaxed);
  time->tv_sec += nanoseconds / second;
  time->tv_nsec = nanoseconds % second;
  return result;
}

namespace lectern::fuzz {

void advance_clock(std::chrono::microseconds time) {
  ahead_ns.fetch_add(std::chrono::nanoseconds(time).count(), std::memory_order_relaxed);
}

}  // namespace lectern::fuzz
