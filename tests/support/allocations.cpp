#include "tests/support/allocations.h"

// Of the sanitizers' common interface; absent without one.
extern "C" __attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void*, std::size_t), void (*free_hook)(const volatile void*));

namespace lectern::test {
namespace {

thread_local std::size_t count = 0;

bool install() {
  return __sanitizer_install_malloc_and_free_hooks != nullptr &&
         __sanitizer_install_malloc_and_free_hooks([](const volatile void*, std::size_t) { ++count; },
                                                   [](const volatile void*) {}) != 0;
}

}  // namespace

std::optional<std::size_t> allocations() {
  static const bool counts = install();
  return counts ? std::optional(count) : std::nullopt;
}

}  // namespace lectern::test
