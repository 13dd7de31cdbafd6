// What a connection costs that is there and says nothing.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "tests/floods/flood.h"
#include "tests/floods/trial.h"
#include "tests/support/socket.h"

using namespace lectern::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

TEST_CASE("an idle connection takes 32 KiB at most", "[floods][memory]") {
  constexpr std::uint64_t allowed = 32 * 1024;
  const auto secure = GENERATE(false, true);
  const auto spoken = GENERATE(true, false);
  if (!spoken && !full_size()) return;
  const std::size_t many = full_size() ? 10'000 : 1'000;
  ServerProcess server(
      with_long_media("max_connections: 20000\nmax_tls_handshakes: 20000\nrequest_timeout: 10min\n"));
  Behaviour behaviour;
  behaviour.port = secure ? server.rtsps_port() : server.port();
  behaviour.tls = secure;
  if (spoken) behaviour.says = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n";
  {
    // What is made once, with the first connection.
    Flood first(server, behaviour, 20);
    CHECK(first.run_until_held(20, 10s, spoken));
  }
  const Usage before = usage_of(server);
  Flood flood(server, behaviour, many);
  REQUIRE(flood.run_until_held(many, 120s, spoken));
  // What the handshakes took is given back soon.
  Usage held = usage_of(server);
  const auto each = [&] { return (held.resident - std::min(held.resident, before.resident)) / many; };
  for (const auto until = Clock::now() + 5s; secure && Clock::now() < until; held = usage_of(server))
    flood.run(100ms);
  REQUIRE(flood.counts().held == many);
  REQUIRE(held.descriptors >= before.descriptors + many - 20);
  std::cout << fmt::format("{} idle connections{}{}: {:.1f} KiB each", many, secure ? ", TLS" : "",
                           spoken ? ", a request answered" : "", static_cast<double>(each()) / 1024)
            << std::endl;
  CHECK(each() <= allowed);
  CHECK(each() > 0);
  flood.end();
  CHECK(server.stop() == 0);
}
