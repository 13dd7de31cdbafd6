#include "server/loop/delayed_tasks.h"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "server/loop/event_loop.h"

using namespace lectern::server;
using namespace std::chrono_literals;

TEST_CASE("tasks run once, in the order of their times, and not too early", "[loop]") {
  EventLoop loop;
  {
    DelayedTasks tasks(loop);
    std::vector<int> ran;
    const auto begun = EventLoop::now_us();
    std::int64_t last = 0;
    tasks.run_after(60ms, [&] {
      ran.push_back(3);
      last = EventLoop::now_us();
      tasks.run_after(1ms, [&] {
        ran.push_back(4);
        loop.stop();
      });
    });
    tasks.run_after(20ms, [&] { ran.push_back(2); });
    tasks.run_after(0ms, [&] { ran.push_back(1); });
    loop.run();
    CHECK(ran == std::vector{1, 2, 3, 4});
    CHECK(last - begun >= 60'000);
  }
  loop.close();
}

TEST_CASE("what has not run is dropped", "[loop]") {
  EventLoop loop;
  auto held = std::make_shared<int>(1);
  {
    DelayedTasks tasks(loop);
    tasks.run_after(1h, [held] {});
    CHECK(held.use_count() == 2);
  }
  CHECK(held.use_count() == 1);
  loop.close();
}
