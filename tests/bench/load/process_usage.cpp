#include "tests/bench/load/process_usage.h"

#include <unistd.h>

#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>

namespace lectern::bench {

ProcessUsage usage_of(int pid) {
  clockid_t clock;
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
    throw std::runtime_error("there is no process " + std::to_string(pid));
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return {static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9,
          resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
}

}  // namespace lectern::bench
