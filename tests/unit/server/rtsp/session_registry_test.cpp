#include "server/rtsp/session_registry.h"

#include <catch2/catch.hpp>

using lectern::Errc;
using lectern::server::Endpoint;
using lectern::server::PlayerPorts;
using lectern::server::SessionRegistry;

namespace {

const Endpoint viewer = Endpoint::parse("192.0.2.1:1000").value();
const Endpoint other_viewer = Endpoint::parse("192.0.2.2:1000").value();

PlayerPorts ports(std::uint16_t rtp, std::uint16_t rtcp, const Endpoint& of = viewer) {
  return {of.with_port(rtp), of.with_port(rtcp)};
}

}  // namespace

TEST_CASE("A session is found on its loop until it is removed", "[registry]") {
  SessionRegistry registry(10, 10, 10);
  REQUIRE(registry.add("a", 3, viewer));
  REQUIRE(registry.add("b", 0, viewer));
  CHECK(registry.loop_of("a") == 3);
  CHECK(registry.loop_of("b") == 0);
  CHECK_FALSE(registry.loop_of("c"));
  CHECK_FALSE(registry.add("a", 1, viewer));  // never two of one name
  CHECK(registry.loop_of("a") == 3);
  registry.remove("a");
  registry.remove("a");
  CHECK_FALSE(registry.loop_of("a"));
  CHECK(registry.size() == 1);
}

TEST_CASE("The limit refuses, and a place that is freed can be taken", "[registry]") {
  SessionRegistry registry(2, 10, 10);
  CHECK(registry.add("a", 0, viewer));
  CHECK(registry.add("b", 0, viewer));
  CHECK_FALSE(registry.add("c", 0, viewer));
  CHECK_FALSE(registry.loop_of("c"));
  registry.remove("b");
  CHECK(registry.add("c", 1, viewer));
  CHECK_FALSE(SessionRegistry(0, 10, 10).add("a", 0, viewer));
}

TEST_CASE("One address takes its share of the sessions and no more, whatever its ports", "[registry]") {
  SessionRegistry registry(10, 2, 10);
  CHECK(registry.add("a", 0, viewer));
  CHECK(registry.add("b", 1, viewer.with_port(1001)));
  CHECK_FALSE(registry.add("a", 0, viewer));  // and is not counted for it
  CHECK_FALSE(registry.add("c", 0, viewer.with_port(1002)));
  CHECK(registry.add("d", 0, other_viewer));
  registry.remove("a");
  CHECK(registry.add("e", 0, viewer.with_port(1003)));
  CHECK_FALSE(registry.add("f", 0, viewer));
}

TEST_CASE("One user has its share of the sessions, from wherever it comes", "[registry]") {
  SessionRegistry registry(10, 10, 2);
  CHECK(registry.add("a", 0, viewer, "ada"));
  CHECK(registry.add("b", 1, other_viewer, "ada"));
  const auto refused = registry.add("c", 0, viewer, "ada");
  CHECK(refused.error().code == Errc::busy);
  CHECK(refused.error().message == "this user has as many viewers as one user may have");
  CHECK(registry.size() == 2);
  CHECK(registry.add("d", 0, viewer, "emmy"));
  for (const char* id : {"e", "f", "g"}) CHECK(registry.add(id, 0, viewer));  // who has not logged in
  registry.remove("a");
  registry.remove("a");
  CHECK(registry.add("h", 0, viewer, "ada"));
  CHECK_FALSE(registry.add("i", 0, viewer, "ada"));
}

TEST_CASE("Who is refused for the address is not counted for the user", "[registry]") {
  SessionRegistry registry(10, 1, 2);
  CHECK(registry.add("a", 0, viewer, "ada"));
  CHECK(registry.add("b", 0, viewer, "ada").error().message ==
        "there are as many viewers as may be, in all or at this address");
  CHECK(registry.add("c", 0, other_viewer, "ada"));
}

TEST_CASE("A player's ports are claimed once, those of RTP and of RTCP alike", "[registry]") {
  SessionRegistry registry(1, 1, 10);
  CHECK(registry.claim(ports(5000, 5001)));
  for (const auto& taken : {ports(5000, 5001), ports(5000, 5009), ports(5002, 5001), ports(5001, 5000),
                            ports(4999, 5000), ports(5001, 5002)})
    CHECK_FALSE(registry.claim(taken));
  CHECK(registry.claim(ports(5002, 5003)));  // nothing of what was refused is kept
  CHECK(registry.claim(ports(5000, 5001, other_viewer)));
  registry.release(ports(5000, 5001));
  CHECK(registry.claim(ports(5000, 5001)));
  CHECK(registry.claim(ports(6000, 6000)));  // both on one
  CHECK_FALSE(registry.claim(ports(6000, 6001)));
  registry.release(ports(6000, 6000));
  CHECK(registry.claim(ports(6000, 6001)));
}

TEST_CASE("Ports are exchanged for others, or kept where those are taken", "[registry]") {
  SessionRegistry registry(1, 1, 10);
  const PlayerPorts own = ports(5000, 5001);
  REQUIRE(registry.claim(own));
  REQUIRE(registry.claim(ports(5004, 5005)));
  CHECK_FALSE(registry.claim(ports(5004, 5006), &own));
  CHECK_FALSE(registry.claim(ports(5002, 5005), &own));
  CHECK_FALSE(registry.claim(ports(5000, 5001)));  // still held
  CHECK(registry.claim(own, &own));
  CHECK_FALSE(registry.claim(ports(5000, 5001)));
  const PlayerPorts next = ports(5001, 5002);
  CHECK(registry.claim(next, &own));
  CHECK(registry.claim(ports(5000, 5003)));
  CHECK_FALSE(registry.claim(ports(5001, 5009)));
}
