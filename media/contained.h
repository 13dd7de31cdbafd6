#pragma once

#include <exception>
#include <new>
#include <thread>

#include "protocol/base/result.h"

namespace lectern::media {

/// What `work` gives. An exception, which is that there is no memory, is a failure of this work alone.
template <typename Work>
auto contained(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Error{Errc::busy, "out of memory"};  // short enough to need none
  } catch (const std::exception& error) {
    return Error{Errc::internal, error.what()};
  }
}

/// For workers, who may wait: tells somebody what it waits for, again where there is no memory for it. `tell`
/// has no effect where it throws. Given up after two seconds.
template <typename Tell>
void persistently(Tell&& tell) noexcept {
  constexpr std::chrono::milliseconds pause{20};
  for (int tries = 0; tries < 100; ++tries) {
    try {
      return tell();
    } catch (const std::bad_alloc&) {
      std::this_thread::sleep_for(pause);
    } catch (...) {  // Nobody else is to go without.
      return;
    }
  }
}

}  // namespace lectern::media
