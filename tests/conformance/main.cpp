#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>
#include <iostream>
#include <memory>
#include <thread>

#include "tests/conformance/default_server.h"
#include "tests/support/catch_runner.h"
#include "tests/support/rtsp_client.h"
#include "tests/support/transcript.h"

namespace lectern::test {
namespace {

std::unique_ptr<ServerProcess> shared;
std::size_t log_at_start = 0;

// Under a failed test case: what was said, and what the server had to say to it.
class Explain : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    TestEventListenerBase::testCaseStarting(info);
    Transcript::current().clear();
    log_at_start = shared ? shared->log().size() : 0;
  }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    TestEventListenerBase::testCaseEnded(stats);
    if (stats.totals.assertions.failed == 0) return;
    const auto& said = Transcript::current().text();
    std::cout << "\n~~~ said in \"" << stats.testInfo.name << "\" (the end of it) ~~~\n"
              << said.substr(said.size() - std::min<std::size_t>(said.size(), 8000));
    if (shared) {
      const auto log = shared->log();
      std::cout << "~~~ the server's log meanwhile ~~~\n"
                << log.substr(std::min(log_at_start, log.size()), 6000);
    }
    std::cout << "~~~\n" << std::endl;
  }
};
CATCH_REGISTER_LISTENER(Explain)

}  // namespace

ServerOptions with_config(const std::string& yaml) {
  return {SampleMedia::get().root(), yaml, false};
}

ServerProcess& server() {
  if (shared && !shared->running()) shared.reset();
  if (!shared) {
    shared = std::make_unique<ServerProcess>(with_config(""));
    log_at_start = 0;
  }
  return *shared;
}

bool server_is_well() {
  if (!server().running()) return false;
  RtspClient client(server().host(), server().port());
  return client.request("OPTIONS", server().url("/")).status == 200;
}

bool eventually(const std::function<bool()>& condition, int at_most_ms) {
  for (const auto deadline = Clock::now() + milliseconds(at_most_ms); !condition();) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(20));
  }
  return true;
}

}  // namespace lectern::test

int main(int argc, char** argv) {
  const int failed = lectern::test::run_test_cases(argc, argv);
  lectern::test::shared.reset();
  return failed != 0 ? failed : (lectern::test::ServerProcess::ended_badly() > 0 ? 1 : 0);
}
