#pragma once

#include <cstddef>
#include <optional>

namespace lectern::test {

/// How often this thread has asked for memory; nullopt in a build without a sanitizer, which counts.
std::optional<std::size_t> allocations();

}  // namespace lectern::test
