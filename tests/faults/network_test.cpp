// Calls on sockets that fail: the connection or the packet may be lost, the server and its other viewers not.
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>

#include "tests/faults/scene.h"

using namespace lectern::test;

namespace {

const std::vector<int> all_well(4, 200);

}  // namespace

TEST_CASE("accept fails, once and again", "[faults]") {
  Scene scene(Over::tcp);
  for (const int error : {EMFILE, ENFILE, ENOMEM, ENOBUFS, ECONNABORTED, EPROTO, EPERM, EINTR, ENETDOWN})
    for (const std::int64_t times : {1, 3, 70})
      scene.point({FaultKind::accept, error, 1, times}, [&] {
        RtspClient client(scene.server()->host(), scene.server()->port());
        client.send_request("OPTIONS", "*");
        // Answered, or closed: never left to wait.
        const Event event = client.next(std::chrono::seconds(20));
        CHECK_FALSE(std::holds_alternative<Late>(event));
      });
  scene.check_all_is_well();
}

TEST_CASE("packets that the system does not take over UDP", "[faults]") {
  Scene scene(Over::tcp);
  for (const int error : {EAGAIN, EINTR, ENOBUFS, ENOMEM, EPERM, ENETUNREACH, EHOSTUNREACH, ECONNREFUSED,
                          EMSGSIZE, EINVAL, EIO})
    for (const std::int64_t first : {1, 3})
      for (const std::int64_t times : {1, 40})
        scene.point({FaultKind::send_udp, error, first, times},
                    [&] { CHECK(scene.visit("/short.mp4", Over::udp).statuses == all_well); });
  scene.check_all_is_well();
}

TEST_CASE("a connection whose send buffer is full for a while loses nothing, one that breaks ends",
          "[faults]") {
  Scene scene(Over::udp);
  for (const int error : {EAGAIN, EINTR, ENOBUFS})
    for (const std::int64_t first : {1, 2, 4, 6})
      for (const std::int64_t times : {1, 30})
        scene.point({FaultKind::send_tcp, error, first, times}, [&] {
          const Visit made = scene.visit("/short.mp4", Over::tcp);
          CHECK(made.statuses == all_well);
          CHECK(made.packets >= 5);
        });
  for (const int error : {ECONNRESET, EPIPE, ETIMEDOUT, EIO})
    for (const std::int64_t first : {1, 2, 3, 4, 5, 6})
      scene.point({FaultKind::send_tcp, error, first}, [&] { scene.visit("/short.mp4", Over::tcp); });
  scene.check_all_is_well();
}

TEST_CASE("what arrives cannot be read", "[faults]") {
  Scene scene(Over::udp);
  for (const int error : {EAGAIN, EINTR, ECONNRESET, ETIMEDOUT, ENOMEM, EIO})
    for (const std::int64_t first : {1, 2, 4})
      scene.point({FaultKind::receive, error, first}, [&] { scene.visit("/short.mp4", Over::tcp); });
  scene.check_all_is_well();
}

TEST_CASE("a reload for which there is no thread or descriptor is refused, and the next one is not",
          "[faults]") {
  Scene scene(Over::tcp);
  const auto& file = scene.server()->config_file();
  std::string text;
  std::getline(std::ifstream(file), text, '\0');
  const auto count = [&](const std::string& what) {
    const std::string log = scene.server()->log();
    std::size_t found = 0;
    for (auto at = log.find(what); at != log.npos; at = log.find(what, at + 1)) ++found;
    return found;
  };
  const std::string refused = "reload refused, the configuration before stays: ", reloaded = " reloaded ";
  std::size_t refusals = 0, reloads = 0;
  for (const int error : {EAGAIN, ENOMEM, EPERM}) {
    std::ofstream(file) << text << "  more" << error << ": { source: pattern, on_demand: yes }\n";
    scene.point({FaultKind::thread, error}, [&] {
      scene.server()->send(SIGHUP);
      ++refusals;
      CHECK(eventually([&] { return count(refused) == refusals; }, 15'000));
    });
    scene.server()->send(SIGHUP);
    ++reloads;
    CHECK(eventually([&] { return count(reloaded) == reloads; }, 15'000));
  }
  std::ofstream(file) << text;
  scene.server()->send(SIGHUP);
  CHECK(eventually([&] { return count(reloaded) == reloads + 1; }, 15'000));
  scene.check_all_is_well();
}
