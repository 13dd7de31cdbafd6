#include "media/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <future>

using namespace lectern::media;

TEST_CASE("a strand runs its tasks one after the other, in order, on a pool of several threads") {
  WorkerPool pool(4);
  const auto strand = std::make_shared<Strand>(pool, Work::load);
  std::vector<int> order;  // no lock: the strand is it
  std::atomic<int> running{0};
  std::atomic<bool> overlapped{false};
  std::promise<void> done;
  for (int i = 0; i < 500; ++i)
    strand->submit([&, i] {
      if (++running > 1) overlapped = true;
      order.push_back(i);
      --running;
      if (i == 499) done.set_value();
    });
  done.get_future().wait();
  CHECK(!overlapped);
  REQUIRE(order.size() == 500);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("a busy strand leaves others their turn") {
  WorkerPool pool(1);
  const auto busy = std::make_shared<Strand>(pool, Work::load),
             other = std::make_shared<Strand>(pool, Work::load);
  std::atomic<int> ran{0};
  std::promise<int> seen;
  std::promise<void> go;
  pool.submit([&] { go.get_future().wait(); }, Work::load);
  for (int i = 0; i < 100; ++i) busy->submit([&] { ++ran; });
  other->submit([&] { seen.set_value(ran); });
  go.set_value();
  CHECK(seen.get_future().get() <= 2);
}

TEST_CASE("a pool that ends finishes what runs and frees what waits") {
  const auto token = std::make_shared<int>(0);
  std::promise<void> begun;
  bool finished = false;
  {
    WorkerPool pool(1);
    pool.submit(
        [&] {
          begun.set_value();
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          finished = true;
        },
        Work::open);
    begun.get_future().wait();
    for (int i = 0; i < 10; ++i) pool.submit([token] { FAIL("a task that waited has run"); }, Work::open);
  }
  CHECK(finished);
  CHECK(token.use_count() == 1);
}

TEST_CASE("loads go before opens, and opens that take long leave half of the threads") {
  WorkerPool pool(4);
  std::promise<void> go;
  const auto gate = go.get_future().share();
  std::atomic<int> opening{0};
  for (int i = 0; i < 8; ++i)
    pool.submit(
        [&opening, gate] {
          ++opening;
          gate.wait();
        },
        Work::open);
  std::vector<std::promise<void>> loaded(20);
  for (auto& each : loaded) pool.submit([&] { each.set_value(); }, Work::load);
  for (auto& each : loaded)
    CHECK(each.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(opening <= 2);
  go.set_value();

  WorkerPool single(1);
  std::promise<void> begin, done;
  std::vector<Work> order;
  single.submit([&] { begin.get_future().wait(); }, Work::open);
  single.submit(
      [&] {
        order.push_back(Work::open);
        done.set_value();
      },
      Work::open);
  single.submit([&] { order.push_back(Work::load); }, Work::load);
  begin.set_value();
  done.get_future().wait();
  CHECK(order == std::vector{Work::load, Work::open});
}

TEST_CASE("a long task learns that its pool stops") {
  CHECK(!WorkerPool::stopping_here());
  std::promise<void> begun;
  std::atomic<bool> gave_up{false};
  {
    WorkerPool pool(1);
    pool.submit(
        [&] {
          begun.set_value();
          const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
          while (!gave_up && std::chrono::steady_clock::now() < end) gave_up = WorkerPool::stopping_here();
        },
        Work::open);
    begun.get_future().wait();
  }
  CHECK(gave_up);
}
