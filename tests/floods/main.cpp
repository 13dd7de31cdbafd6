#include <sys/resource.h>

#include <csignal>

#include "tests/support/catch_runner.h"
#include "tests/support/server_process.h"

int main(int argc, char** argv) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  const int failed = lectern::test::run_test_cases(argc, argv);
  return failed != 0 ? failed : (lectern::test::ServerProcess::ended_badly() > 0 ? 1 : 0);
}
