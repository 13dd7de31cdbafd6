// Sessions that are set up, played, and torn down or dropped in every state, one after the other: nothing of
// them stays. LECTERN_CHURN names how many.
#include <spdlog/fmt/fmt.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "tests/floods/churn.h"
#include "tests/floods/heap.h"
#include "tests/floods/trial.h"
#include "tests/support/socket.h"

using namespace lectern::test;
using namespace std::chrono_literals;

namespace {

constexpr unsigned threads = 12;
/// Of what the heap has given out: ten bytes of each session of the second 100,000.
constexpr std::uint64_t tolerated_growth = 1 << 20;
/// Of its pages, which vary by how sessions overlap.
constexpr std::uint64_t tolerated_pages = 16 << 20;
/// A file that the cache has open, or has not.
constexpr std::size_t tolerated_descriptors = 2;
/// Sessions over UDP that were dropped live until the timeout, and the sweep after it.
constexpr auto timeout = 1s;
/// For what ends later than that.
constexpr auto rest = 8s;

std::uint64_t sessions() {
  const char* given = std::getenv("LECTERN_CHURN");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 14'000;
}

/// Of one core.
double load_of(const ServerProcess& server) {
  const double before = usage_of(server).cpu_seconds;
  std::this_thread::sleep_for(2s);
  return (usage_of(server).cpu_seconds - before) / 2;
}

bool settles(const ServerProcess& server, std::size_t descriptors) {
  for (const auto deadline = Clock::now() + 60s; Clock::now() < deadline; std::this_thread::sleep_for(100ms))
    if (usage_of(server).descriptors <= descriptors) return true;
  return false;
}

}  // namespace

TEST_CASE("sessions that end in every state leave nothing", "[churn]") {
  // The heap is as large as it gets, by how sessions overlap, after 5,000 or so.
  const std::uint64_t all = sessions(), warm_up = all / 2;
  const HeapOfServer heap;
  ServerProcess server(with_long_media(
      "session_timeout: 1s\npause_timeout: 1s\nmax_sessions: 100000\nmax_sessions_per_address: 100000\n"
      "max_connections_per_address: 100000\nmax_tls_handshakes: 10000\n"));
  // The first viewers make what all share: the index of the recording, its cache, the live ring.
  const ChurnReport settling = churn(server, 0, 200, threads);
  std::this_thread::sleep_for(timeout + 1s);
  const Usage idle = usage_of(server);
  const double idle_load = load_of(server);

  const ChurnReport first = churn(server, 200, warm_up, threads);
  std::this_thread::sleep_for(timeout + 1500ms);
  CHECK(settles(server, idle.descriptors + tolerated_descriptors));
  const Usage warm = usage_of(server);
  const std::uint64_t warm_heap = heap.least_within(rest);
  const ChurnReport second = churn(server, 200 + warm_up, all - warm_up, threads);
  std::this_thread::sleep_for(timeout + 1500ms);
  CHECK(settles(server, idle.descriptors + tolerated_descriptors));
  const Usage after = usage_of(server);
  const std::uint64_t heap_after = heap.least_within(rest);
  const double load = load_of(server);

  for (const auto* report : {&settling, &first, &second}) {
    CAPTURE(report->errors);
    CHECK(report->errors.empty());
    CHECK(report->played > report->lives / 4);
  }
  std::cout << fmt::format(
                   "{} sessions, {:.0f} a second; memory {} -> {} after {} -> {} at the end, of it in use {} "
                   "-> {}, "
                   "descriptors {} -> {}, CPU {:.1f} % -> {:.1f} % of a core",
                   all, static_cast<double>(second.lives) / second.seconds, mebibytes(idle.resident),
                   mebibytes(warm.resident), warm_up, mebibytes(after.resident), mebibytes(warm_heap),
                   mebibytes(heap_after), idle.descriptors, after.descriptors, 100 * idle_load, 100 * load)
            << std::endl;
  CHECK(after.descriptors <= idle.descriptors + tolerated_descriptors);
  REQUIRE(warm_heap > 0);
  CHECK(heap_after <= warm_heap + tolerated_growth);
  CHECK(after.resident <= warm.resident + tolerated_pages);
  CHECK(load <= idle_load + 0.05);
  CHECK(server.stop() == 0);
  CHECK(server.stops_well());
}
