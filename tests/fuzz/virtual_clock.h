#pragma once

#include <chrono>

namespace lectern::fuzz {

/// Sets CLOCK_MONOTONIC of this process forward: hours go by at once, for libuv and for std::chrono.
void advance_clock(std::chrono::microseconds time);

}  // namespace lectern::fuzz
