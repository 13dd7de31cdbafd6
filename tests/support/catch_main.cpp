#include "tests/support/catch_runner.h"

int main(int argc, char** argv) {
  return lectern::test::run_test_cases(argc, argv);
}
