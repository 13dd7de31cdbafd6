// What fails while the server starts: it starts without, and says so, or it ends with a reason and exit
// code 1.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "tests/faults/fault_server.h"

using namespace lectern::test;
namespace fs = std::filesystem;

namespace {

/// How a start went: the log, and whether it serves.
struct Start {
  bool serves = false;
  std::string said;
};

Start start(const Fault& fault, const std::string& config = "loops: 1\n") {
  Faults faults;
  faults.arm(fault);
  count_point();
  Start start;
  try {
    FaultServer server(config, &faults);
    faults.disarm();
    start.serves = server.answers();
    if (!start.serves) {
      // It listened already when something failed.
      CHECK(eventually([&] { return server.ended(); }, 5000));
      start.said = "the server ended with " + std::to_string(server->stop()) + ":\n" + server->log();
      server->kill();
      return start;
    }
    server->rtsps_port();  // all is said by then
    start.said = server->log();
    CHECK(server->stops_well());
  } catch (const std::runtime_error& error) {
    start.said = error.what();
  }
  return start;
}

}  // namespace

TEST_CASE("where the certificate that is made cannot be kept, there is RTSPS all the same, and a warning",
          "[faults]") {
  struct Refused {
    FaultKind kind;
    std::vector<int> errors;
  };
  const std::vector<Refused> table{{FaultKind::mkostemp, {ENOSPC, EACCES, EROFS, EDQUOT, EMFILE}},
                                   {FaultKind::write, {ENOSPC, EIO, EDQUOT, EFBIG}},
                                   {FaultKind::fsync, {EIO, ENOSPC}},
                                   {FaultKind::rename, {EACCES, EIO, EROFS}}};
  for (const Refused& each : table)
    for (const int error : each.errors) {
      const Fault fault{each.kind, error};
      CAPTURE(to_string(fault));
      Faults faults;
      faults.arm(fault);
      count_point();
      FaultServer server("loops: 1\n", &faults);
      CHECK(server->rtsps_port() > 0);
      const std::string log = server->log();
      CHECK_THAT(
          log,
          Catch::Contains(" warning: the certificate for RTSPS cannot be kept, so players will meet another "
                          "one after the next start: ") &&
              Catch::Contains(std::string(": ") + std::strerror(error) + "; set state_directory"));
      RtspClient client = RtspClient::over_tls(server->host(), server->rtsps_port());
      CHECK(client.request("OPTIONS", "*").status == 200);
      // Nothing half written.
      CHECK(fs::is_empty(server->state_home() / "lectern"));
      CHECK(server->stops_well());
    }
}

TEST_CASE("what a start cannot do without ends it with a reason", "[faults]") {
  struct Call {
    FaultKind kind;
    int error;
    std::int64_t most;  // of which the nth is tried
  };
  for (const Call& call : {Call{FaultKind::socket, EMFILE, 4},
                           {FaultKind::socket, EACCES, 2},
                           {FaultKind::bind, EADDRINUSE, 4},
                           {FaultKind::bind, EACCES, 1},
                           {FaultKind::listen, EADDRINUSE, 2},
                           {FaultKind::epoll_create, EMFILE, 2},
                           {FaultKind::eventfd, EMFILE, 2},
                           {FaultKind::pipe, EMFILE, 3},
                           {FaultKind::timerfd, EMFILE, 2},
                           {FaultKind::getsockname, ENOBUFS, 3},
                           {FaultKind::setsockopt, ENOPROTOOPT, 4},
                           {FaultKind::thread, EAGAIN, 5}})
    for (std::int64_t n = 1; n <= call.most; ++n) {
      // Without the pipe of its signals libuv itself gives up.
      if (call.kind == FaultKind::pipe && n == 1) continue;
      const Fault fault{call.kind, call.error, n};
      CAPTURE(to_string(fault));
      const Start tried = start(fault);
      if (tried.serves) continue;
      CAPTURE(tried.said);
      CHECK_THAT(tried.said, Catch::StartsWith("the server ended with 1:\n"));
      // In words: a line of the log, or of the program before there is one.
      CHECK((tried.said.find(" error: ") != std::string::npos ||
             tried.said.find("\nlectern: ") != std::string::npos));
    }
}

TEST_CASE("a start for which there is no memory ends with a reason, or goes well", "[faults]") {
  Faults faults;
  faults.count(FaultKind::new_);
  { const FaultServer server("loops: 1\n", &faults); }
  // What comes before main() has nobody to say a word for it.
  const std::int64_t before_main = calls_of_version(FaultKind::new_);
  const std::int64_t calls = faults.calls(),
                     step = std::max<std::int64_t>(1, (calls - before_main) / (full_run() ? 300 : 16));
  for (std::int64_t n = before_main; n < calls; n += step) {
    const Fault fault{FaultKind::new_, ENOMEM, n};
    CAPTURE(to_string(fault));
    const Start tried = start(fault);
    CAPTURE(tried.said);
    if (!tried.serves)
      CHECK_THAT(tried.said, Catch::StartsWith("the server ended with 1:\n") &&
                                 (Catch::Contains("\nlectern: ") || Catch::Contains(" error: ")));
  }
}
