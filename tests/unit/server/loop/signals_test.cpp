#include "server/loop/signals.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <vector>

#include "server/loop/event_loop.h"

using lectern::server::EventLoop;
using lectern::server::SignalWatcher;

TEST_CASE("signals are told on the loop", "[signals]") {
  EventLoop loop;
  std::vector<int> got;
  {
    SignalWatcher watcher(loop, [&](int number) {
      got.push_back(number);
      if (got.size() == 1) std::raise(SIGINT);
      if (got.size() == 2) loop.stop();
    });
    std::raise(SIGTERM);
    loop.run();
  }
  loop.close();
  CHECK(got == std::vector<int>{SIGTERM, SIGINT});
}

TEST_CASE("a signal that cannot be caught is refused", "[signals]") {
  EventLoop loop;
  CHECK_THROWS_AS(SignalWatcher(loop, [](int) {}, {SIGUSR1, SIGKILL}), std::runtime_error);
}
