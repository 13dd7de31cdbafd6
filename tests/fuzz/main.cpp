#include <cstdint>
#include <cstdio>
#include <string>

#include "tests/fuzz/target.h"

// The main() is libFuzzer's, which calls these two.
namespace {

using namespace lectern::fuzz;

const Target* chosen = nullptr;

[[noreturn]] void list_targets() {
  for (const auto& list : all_targets())
    for (const Target& target : list) std::puts(std::string(target.name).c_str());
  std::fflush(stdout);
  std::_Exit(0);
}

}  // namespace

/// `--target=NAME` says which one runs, `--list` what there is: libFuzzer passes over options with two
/// dashes, and on to the children that it starts.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr std::string_view option = "--target=";
  std::string_view wanted;
  for (int i = 1; i < *argc; ++i) {
    const std::string_view argument = (*argv)[i];
    if (argument == "--list") list_targets();
    if (argument.starts_with(option)) wanted = argument.substr(option.size());
  }
  for (const auto& list : all_targets())
    for (const Target& target : list)
      if (target.name == wanted) chosen = &target;
  if (chosen != nullptr) return 0;
  std::fprintf(stderr, "usage: %s --list | --target=NAME [option of libFuzzer] [file or folder]\n", **argv);
  std::_Exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen->run(lectern::as_bytes(data, size));
  return 0;
}
