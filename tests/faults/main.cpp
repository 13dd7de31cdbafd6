#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>
#include <iostream>

#include "tests/faults/fault_server.h"
#include "tests/support/catch_runner.h"
#include "tests/support/transcript.h"

namespace lectern::test {
namespace {

class Forget : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;
  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    TestEventListenerBase::testCaseStarting(info);
    Transcript::current().clear();
  }
};
CATCH_REGISTER_LISTENER(Forget)

}  // namespace
}  // namespace lectern::test

int main(int argc, char** argv) {
  if (!lectern::test::can_inject()) {
    std::cout << "the server is built with a sanitizer, and cannot be made to fail\n";
    return 0;
  }
  const int failed = lectern::test::run_test_cases(argc, argv);
  std::cout << lectern::test::points() << " fault points" << std::endl;
  return failed != 0 ? failed : (lectern::test::ServerProcess::ended_badly() > 0 ? 1 : 0);
}
