#pragma once

#include <exception>

namespace lectern::server {

/// Logs an exception that would have left a callback of the loop; `what` is empty where it has no text.
void report_escape(const char* where, const char* what) noexcept;

/// Runs `work` so that nothing is thrown through libuv's C frames: one bad callback does not end the others.
template <typename Work>
void guarded(const char* where, Work&& work) noexcept {
  try {
    work();
  } catch (const std::exception& error) {
    report_escape(where, error.what());
  } catch (...) {
    report_escape(where, "");
  }
}

}  // namespace lectern::server
