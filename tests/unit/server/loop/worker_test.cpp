#include "server/loop/worker.h"

#include <array>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "server/loop/timer.h"

using lectern::server::Timer;
using lectern::server::Worker;

TEST_CASE("a worker runs its loop on its own thread until it is stopped", "[worker]") {
  Worker worker("a name longer than the kernel keeps");
  std::thread::id ran_on, ended_on;
  std::unique_ptr<Timer> lives_there;
  worker.loop().post([&] {
    ran_on = std::this_thread::get_id();
    lives_there = std::make_unique<Timer>(worker.loop(), [] {});
    lives_there->start_every(std::chrono::milliseconds(1));
  });
  worker.start();
  worker.stop([&] {
    ended_on = std::this_thread::get_id();
    lives_there.reset();
  });
  CHECK(ran_on != std::thread::id());
  CHECK(ran_on != std::this_thread::get_id());
  CHECK(ended_on == ran_on);
  CHECK_FALSE(worker.loop().post([] {}));
  worker.stop();
}

TEST_CASE("a worker that was never started ends", "[worker]") {
  bool ran = false;
  {
    Worker worker("idle");
    worker.loop().post([&] { ran = true; });
  }
  CHECK(ran);  // so that what was handed over is not lost
}

TEST_CASE("the least busy worker is the first with the least load", "[worker]") {
  std::array workers{std::make_unique<Worker>("a"), std::make_unique<Worker>("b"),
                     std::make_unique<Worker>("c")};
  CHECK(&least_busy(workers) == workers[0].get());
  workers[0]->add_load(2);
  workers[1]->add_load(1);
  workers[2]->add_load(1);
  CHECK(&least_busy(workers) == workers[1].get());
  workers[2]->add_load(-1);
  CHECK(&least_busy(workers) == workers[2].get());
  CHECK(workers[0]->load() == 2);
}
