// Apart from all else: Catch2's own code takes twenty seconds to compile, so it is compiled once for all
// programs.
#include "tests/support/catch_runner.h"

#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

namespace lectern::test {

int run_test_cases(int argc, char** argv) {
  return Catch::Session().run(argc, argv);
}

}  // namespace lectern::test
