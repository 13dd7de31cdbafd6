#include "server/loop/pacer.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "server/loop/event_loop.h"

using lectern::server::EventLoop;
using lectern::server::Pacer;

namespace {

struct Recorder : Pacer::Task {
  explicit Recorder(std::function<void(std::int64_t)> on_due) : on_due_(std::move(on_due)) {}
  void due(std::int64_t now_us) override { on_due_(now_us); }
  std::function<void(std::int64_t)> on_due_;
};

}  // namespace

TEST_CASE("tasks run by due time, equal times by scheduling", "[pacer]") {
  EventLoop loop;
  Pacer pacer(loop);
  std::mt19937 random(7);
  std::vector<std::unique_ptr<Recorder>> tasks;
  std::vector<std::pair<std::int64_t, int>> expected, got;
  std::vector<bool> cancelled(500);
  const auto base = EventLoop::now_us();
  for (int i = 0; i < 500; ++i) {
    tasks.push_back(std::make_unique<Recorder>(nullptr));
    auto& task = *tasks.back();
    pacer.schedule(task, base + static_cast<std::int64_t>(random() % 1000));
    const auto due = static_cast<std::int64_t>(random() % 20) * 500;
    pacer.schedule(task, base + due);  // replaces the first
    task.on_due_ = [&, due, i](std::int64_t) { got.emplace_back(due, i); };
    expected.emplace_back(due, i);
  }
  CHECK(pacer.size() == 500);
  for (std::size_t i = 0; i < 500; i += 7) {
    if (i % 2 == 0) {
      pacer.cancel(*tasks[i]);
    } else {
      tasks[i].reset();
    }
    cancelled[i] = true;
  }
  std::erase_if(expected, [&](const auto& e) { return cancelled[static_cast<std::size_t>(e.second)]; });
  std::ranges::sort(expected);
  Recorder last([&](std::int64_t) { loop.stop(); });
  pacer.schedule(last, base + 20'000);
  loop.run();
  CHECK(got == expected);
  CHECK(pacer.size() == 0);
}

TEST_CASE("a task comes at its time, and again when it asks", "[pacer]") {
  EventLoop loop;
  Pacer pacer(loop, 0);
  const auto start = EventLoop::now_us();
  std::vector<std::int64_t> late;
  int times = 0;
  Recorder task([&](std::int64_t now) {
    late.push_back(now - (start + (times + 1) * 3000));
    if (++times == 20) return loop.stop();
    pacer.schedule(task, start + (times + 1) * 3000);
  });
  pacer.schedule(task, start + 3000);
  loop.run();
  REQUIRE(late.size() == 20);
  std::ranges::sort(late);
  CHECK(late.front() >= 0);  // never early without slack
  CHECK(late[10] < 5000);    // the median: a busy machine delays some
}

TEST_CASE("what is due within the slack runs along, what is later does not", "[pacer]") {
  EventLoop loop;
  Pacer pacer(loop, 10'000);
  const auto start = EventLoop::now_us() + 1000;
  std::int64_t first = 0, second = 0, third = 0;
  Recorder a([&](std::int64_t now) { first = now; });
  Recorder b([&](std::int64_t now) { second = now; });
  Recorder c([&](std::int64_t now) {
    third = now;
    loop.stop();
  });
  pacer.schedule(c, start + 500'000);
  pacer.schedule(b, start + 9'000);
  pacer.schedule(a, start);
  loop.run();
  CHECK(first == second);
  CHECK(third >= start + 490'000);
}

TEST_CASE("a task that always asks for the past does not keep the loop", "[pacer]") {
  EventLoop loop;
  Pacer pacer(loop);
  int times = 0;
  Recorder greedy([&](std::int64_t now) {
    ++times;
    pacer.schedule(greedy, now - 1000);
  });
  pacer.schedule(greedy, 0);
  bool posted = false;
  loop.post([&] {
    loop.post([&] {
      posted = true;
      loop.stop();
    });
  });
  loop.run();
  CHECK(posted);
  CHECK(times < 100);
}

TEST_CASE("tasks may end each other and themselves while they run", "[pacer]") {
  EventLoop loop;
  auto pacer = std::make_unique<Pacer>(loop);
  auto other = std::make_unique<Recorder>([](std::int64_t) { FAIL("it was destroyed"); });
  std::unique_ptr<Recorder> self;
  bool ran = false;
  self = std::make_unique<Recorder>([&](std::int64_t) {
    other.reset();
    ran = true;
    loop.stop();
    loop.defer([&] { self.reset(); });
  });
  pacer->schedule(*self, 1);
  pacer->schedule(*other, 2);
  loop.run();
  CHECK(ran);
  Recorder orphan([](std::int64_t) {});
  pacer->schedule(orphan, EventLoop::now_us() + 1'000'000);
  CHECK(orphan.scheduled());
  pacer.reset();
  CHECK_FALSE(orphan.scheduled());
}

TEST_CASE("in steps, tasks of one step run together and never before they are due", "[pacer]") {
  EventLoop loop;
  constexpr std::int64_t step = 50'000;
  Pacer pacer(loop, 0, step);
  const auto start = (EventLoop::now_us() / step + 2) * step;
  std::int64_t first = 0, second = 0, third = 0;
  Recorder a([&](std::int64_t now) { first = now; });
  Recorder b([&](std::int64_t now) { second = now; });
  Recorder c([&](std::int64_t now) {
    third = now;
    loop.stop();
  });
  pacer.schedule(a, start + 1);
  pacer.schedule(b, start + step);
  pacer.schedule(c, start + step + step / 2);
  loop.run();
  CHECK(first >= start + step);
  CHECK(second == first);
  CHECK(third >= start + step + step / 2);
}
