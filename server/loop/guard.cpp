#include "server/loop/guard.h"

#include <spdlog/spdlog.h>

namespace lectern::server {

void report_escape(const char* where, const char* what) noexcept {
  try {
    spdlog::error("exception escaped a callback of {}: {}", where, what);
  } catch (...) {  // A log that cannot be written must not end the process.
  }
}

}  // namespace lectern::server
