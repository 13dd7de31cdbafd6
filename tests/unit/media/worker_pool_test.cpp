#include "media/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <future>

using namespace lectern::media;

TEST_CASE("a strand runs its tasks one after the other, in order, on a pool of several threads") {
  WorkerPool pool(4);
  const auto strand = std::make_shared<Strand>(pool);
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
  const auto busy = std::make_shared<Strand>(pool), other = std::make_shared<Strand>(pool);
  std::atomic<int> ran{0};
  std::promise<int> seen;
  std::promise<void> go;
  pool.submit([&] { go.get_future().wait(); });
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
    pool.submit([&] {
      begun.set_value();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      finished = true;
    });
    begun.get_future().wait();
    for (int i = 0; i < 10; ++i) pool.submit([token] { FAIL("a task that waited has run"); });
  }
  CHECK(finished);
  CHECK(token.use_count() == 1);
}
