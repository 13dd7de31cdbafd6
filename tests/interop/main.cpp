#include <iostream>
#include <memory>

#include "tests/interop/shared_server.h"
#include "tests/support/catch_runner.h"

namespace lectern::test {
namespace {

std::unique_ptr<ServerProcess> shared;

bool stop_shared() {
  if (!shared) return true;
  const int code = shared->stop();
  const auto log = shared->log();
  const bool well = code == 0 && log.find("Sanitizer") == std::string::npos &&
                    log.find("runtime error:") == std::string::npos;
  if (!well)
    std::cout << "\nTHE SERVER ENDED WITH " << code << ". The end of its log:\n"
              << log.substr(log.size() > 8000 ? log.size() - 8000 : 0) << std::endl;
  shared.reset();
  return well;
}

}  // namespace

ServerProcess& server() {
  if (!shared) shared = std::make_unique<ServerProcess>(ServerOptions{InteropMedia::get().root()});
  return *shared;
}

}  // namespace lectern::test

int main(int argc, char** argv) {
  const int failed = lectern::test::run_test_cases(argc, argv);
  const bool well = lectern::test::stop_shared();
  return failed != 0 ? failed : (well ? 0 : 1);
}
