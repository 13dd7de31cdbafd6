#include "server/rtsp/session_registry.h"

#include <catch2/catch.hpp>

using lectern::server::Endpoint;
using lectern::server::SessionRegistry;

TEST_CASE("A session is found on its loop until it is removed", "[registry]") {
  SessionRegistry registry(10);
  REQUIRE(registry.add("a", 3));
  REQUIRE(registry.add("b", 0));
  CHECK(registry.loop_of("a") == 3);
  CHECK(registry.loop_of("b") == 0);
  CHECK_FALSE(registry.loop_of("c"));
  CHECK_FALSE(registry.add("a", 1));  // never two of one name
  CHECK(registry.loop_of("a") == 3);
  registry.remove("a");
  registry.remove("a");
  CHECK_FALSE(registry.loop_of("a"));
  CHECK(registry.size() == 1);
}

TEST_CASE("The limit refuses, and a place that is freed can be taken", "[registry]") {
  SessionRegistry registry(2);
  CHECK(registry.add("a", 0));
  CHECK(registry.add("b", 0));
  CHECK_FALSE(registry.add("c", 0));
  CHECK_FALSE(registry.loop_of("c"));
  registry.remove("b");
  CHECK(registry.add("c", 1));
  CHECK_FALSE(SessionRegistry(0).add("a", 0));
}

TEST_CASE("A player's port is claimed once: address and port both count", "[registry]") {
  SessionRegistry registry(1);
  const auto v4 = Endpoint::parse("127.0.0.1:5000").value();
  CHECK(registry.claim(v4));
  CHECK_FALSE(registry.claim(v4));
  CHECK(registry.claim(v4.with_port(5002)));
  CHECK(registry.claim(Endpoint::parse("127.0.0.2:5000").value()));
  CHECK(registry.claim(Endpoint::parse("[::1]:5000").value()));
  registry.release(v4);
  CHECK(registry.claim(v4));
  CHECK_FALSE(registry.claim(v4.with_port(5002)));
}
