#pragma once

#include <filesystem>

namespace lectern::server {

struct ProbeOptions {
  std::filesystem::path file;
  bool json = false;
};

/// Prints the tracks of a file and how each is carried; gives the exit code.
int run_probe(const ProbeOptions& options);

}  // namespace lectern::server
