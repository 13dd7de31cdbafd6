#include <iostream>

#include "tests/bench/load/crowd.h"

int main(int argc, char** argv) {
  using namespace lectern::bench;
  const CommandLine line = read_command_line(argc, argv);
  if (line.exit_code) return *line.exit_code;
  try {
    const Report report = Crowd(line.options).run();
    std::cout << (line.options.json ? as_json(report) : as_text(report));
    return report.clean() ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "lectern-load: " << error.what() << "\n";
    return 1;
  }
}
