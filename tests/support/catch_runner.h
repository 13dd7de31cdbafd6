#pragma once

namespace lectern::test {

/// Runs the test cases of the program as Catch2's own main() does: the number that failed, or its error code.
int run_test_cases(int argc, char** argv);

}  // namespace lectern::test
