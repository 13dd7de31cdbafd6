#include "server/net/tls_turns.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <new>
#include <thread>
#include <vector>

#include "server/loop/event_loop.h"
#include "server/loop/timer.h"

using namespace lectern::server;
using namespace std::chrono_literals;

TEST_CASE("handshakes wait for one another in their order, and take a turn for so long only", "[tls_turns]") {
  EventLoop loop;
  TlsTurns turns(loop, 5ms);
  CHECK(turns.open());
  std::vector<int> order;
  std::map<std::int64_t, int> in_turn;
  for (int i = 0; i < 20; ++i) {
    turns.wait([&, i] {
      ++in_turn[loop.turn_us()];
      order.push_back(i);
      std::this_thread::sleep_for(2ms);
      if (i == 19) loop.stop();
    });
    CHECK_FALSE(turns.open());
  }
  loop.run();
  for (int i = 0; i < 20; ++i) CHECK(order.at(static_cast<std::size_t>(i)) == i);
  CHECK(in_turn.size() >= 7);
  for (const auto& [turn, count] : in_turn) CHECK(count <= 3);
  CHECK(turns.open());
}

TEST_CASE("with no time left each turn takes one handshake, and one that fails keeps no other back",
          "[tls_turns]") {
  EventLoop loop;
  TlsTurns turns(loop, 0us);
  CHECK_FALSE(turns.open());
  std::vector<std::int64_t> ran;
  for (int i = 0; i < 5; ++i)
    turns.wait([&, i] {
      ran.push_back(loop.turn_us());
      if (i % 2 == 0) throw std::bad_alloc();
    });
  // The last one has thrown; some turns later another comes.
  Timer later(loop, [&] {
    turns.wait([&] {
      ran.push_back(loop.turn_us());
      loop.stop();
    });
  });
  later.start_after(100ms);
  loop.run();
  REQUIRE(ran.size() == 6);
  for (std::size_t i = 1; i < ran.size(); ++i) CHECK(ran[i] > ran[i - 1]);
}

TEST_CASE("when all have gone on, the next handshake waits for nobody, even if the last has failed",
          "[tls_turns]") {
  EventLoop loop;
  TlsTurns turns(loop, 1s);
  turns.wait([] { throw std::bad_alloc(); });
  CHECK_FALSE(turns.open());
  bool open = false;
  Timer later(loop, [&] {
    open = turns.open();
    loop.stop();
  });
  later.start_after(30ms);
  loop.run();
  CHECK(open);
}
