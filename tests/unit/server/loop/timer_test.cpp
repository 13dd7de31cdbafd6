#include "server/loop/timer.h"

#include <catch2/catch.hpp>
#include <memory>

#include "server/loop/event_loop.h"
#include "server/loop/precise_timer.h"

using namespace std::chrono_literals;
using lectern::server::EventLoop;
using lectern::server::PreciseTimer;
using lectern::server::Timer;

TEST_CASE("a timer repeats, stops and is destroyed in its own callback", "[timer]") {
  EventLoop loop;
  int ticks = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&] {
    if (++ticks < 3) return;
    timer.reset();
    loop.stop();
  });
  timer->start_every(2ms);
  CHECK(timer->active());
  Timer stopped(loop, [] { FAIL("it was stopped"); });
  stopped.start_after(1ms);
  stopped.stop();
  CHECK_FALSE(stopped.active());
  loop.run();
  CHECK(ticks == 3);
}

TEST_CASE("a timer counts from the moment it is started", "[timer]") {
  EventLoop loop;
  std::int64_t started = 0, fired = 0;
  Timer timer(loop, [&] {
    fired = EventLoop::now_us();
    loop.stop();
  });
  loop.post([&] {
    const auto until = EventLoop::now_us() + 20'000;
    while (EventLoop::now_us() < until) {
    }
    started = EventLoop::now_us();
    timer.start_after(10ms);
  });
  loop.run();
  CHECK(fired - started >= 9'000);
}

TEST_CASE("a precise timer fires at its µs, not before", "[timer]") {
  EventLoop loop;
  std::int64_t due = 0, best = 1'000'000;
  int times = 0;
  bool early = false;
  PreciseTimer timer(loop, [&] {
    const auto late = EventLoop::now_us() - due;
    early = early || late < 0;
    best = std::min(best, late);
    if (++times == 20) return loop.stop();
    due = EventLoop::now_us() + 1300;
    timer.start_at(due);
  });
  due = EventLoop::now_us() + 1300;
  timer.start_at(due);
  CHECK(timer.active());
  loop.run();
  CHECK_FALSE(early);
  CHECK(best < 2000);
  CHECK_FALSE(timer.active());
}

TEST_CASE("a precise timer in the past fires, a stopped or replaced one does not", "[timer]") {
  EventLoop loop;
  int past = 0;
  PreciseTimer first(loop, [&] { ++past; });
  first.start_at(-5);
  PreciseTimer stopped(loop, [] { FAIL("it was stopped"); });
  stopped.start_after(0);
  stopped.stop();
  PreciseTimer replaced(loop, [] { FAIL("it was set to later"); });
  replaced.start_after(0);
  replaced.start_after(60'000'000);
  std::unique_ptr<PreciseTimer> last;
  last = std::make_unique<PreciseTimer>(loop, [&] {
    last.reset();
    loop.stop();
  });
  last->start_after(5000);
  loop.run();
  CHECK(past == 1);
  CHECK(last == nullptr);
}
