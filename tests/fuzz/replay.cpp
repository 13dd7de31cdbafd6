// The targets of the server, each on its inputs of the corpus, once: what libFuzzer begins with, built by any
// compiler. Where one fails, the last line names its input.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/target.h"

namespace {

using namespace lectern::fuzz;
namespace fs = std::filesystem;

std::vector<fs::path> inputs_of(const Target& target) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(LECTERN_FUZZ_CORPUS) / target.name))
    files.push_back(entry.path());
  std::ranges::sort(files);
  ensure(!files.empty(), "each target has inputs");
  return files;
}

void replay(const Target& target, const fs::path& input) {
  std::printf("%s %s\n", std::string(target.name).c_str(), input.filename().c_str());
  std::fflush(stdout);
  std::ifstream file(input, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  ensure(!file.bad(), "an input can be read");
  target.run(lectern::as_bytes(text));
}

}  // namespace

int main() {
  for (const auto& list : all_targets())
    for (const Target& target : list)
      for (const fs::path& input : inputs_of(target)) replay(target, input);
}
