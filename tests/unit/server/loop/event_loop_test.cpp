#include "server/loop/event_loop.h"

#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

using lectern::server::EventLoop;

TEST_CASE("posted tasks of many threads all run, each thread's in order", "[loop]") {
  constexpr int kThreads = 8;
  constexpr int kPosts = 2000;
  EventLoop loop;
  std::vector<int> next(kThreads, 0);
  int total = 0;
  bool ordered = true;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop.post([&, t, i] {
          ordered = ordered && next[static_cast<std::size_t>(t)]++ == i;
          if (++total == kThreads * kPosts) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (auto& thread : threads) thread.join();
  CHECK(ordered);
  CHECK(total == kThreads * kPosts);
  loop.close();
}

TEST_CASE("deferred tasks run at the end of the turn, nested ones in the same", "[loop]") {
  EventLoop loop;
  std::vector<int> order;
  loop.post([&] {
    loop.defer([&] {
      order.push_back(3);
      loop.defer([&] { order.push_back(4); });
    });
    order.push_back(1);
    // Posted in this turn, so it is the next turn's.
    loop.post([&] {
      order.push_back(5);
      loop.stop();
    });
  });
  loop.post([&] { order.push_back(2); });
  loop.run();
  CHECK(order == std::vector<int>{1, 2, 3, 4, 5});
}

TEST_CASE("a deferred task runs though the loop stops in that turn", "[loop]") {
  EventLoop loop;
  bool ran = false;
  loop.post([&] {
    loop.defer([&] { ran = true; });
    loop.stop();
  });
  loop.run();
  CHECK(ran);
}

TEST_CASE("close runs what was posted and refuses what comes after", "[loop]") {
  EventLoop loop;
  int ran = 0;
  CHECK(loop.post([&] { loop.post([&] { ++ran; }); }));
  loop.close();
  CHECK(ran == 1);
  const auto witness = std::make_shared<int>(0);
  CHECK_FALSE(loop.post([witness] { ++*witness; }));
  CHECK(witness.use_count() == 1);
  CHECK(*witness == 0);
}

TEST_CASE("an exception in a task ends neither the loop nor the next task", "[loop]") {
  EventLoop loop;
  bool ran = false;
  loop.post([] { throw std::runtime_error("expected by this test"); });
  loop.post([&] {
    ran = true;
    loop.stop();
  });
  loop.run();
  CHECK(ran);
}

TEST_CASE("the time of a turn stands still within it and goes on after it", "[loop]") {
  EventLoop loop;
  std::int64_t first = 0, same = 0, next = 0;
  loop.post([&] {
    first = loop.turn_us();
    const auto until = EventLoop::now_us() + 1000;
    while (EventLoop::now_us() < until) {
    }
    same = loop.turn_us();
    loop.post([&] {
      next = loop.turn_us();
      loop.stop();
    });
  });
  loop.run();
  CHECK(first == same);
  CHECK(next >= first + 1000);
}

TEST_CASE("a loop may run again after a stop", "[loop]") {
  EventLoop loop;
  int runs = 0;
  for (int i = 0; i < 3; ++i) {
    loop.post([&] { ++runs; });
    loop.stop();
    loop.run();
  }
  CHECK(runs == 3);
}
