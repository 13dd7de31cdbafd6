#include "server/net/udp_port_pair.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::server;
using Family = Endpoint::Family;

TEST_CASE("a pair is an even port and the next", "[ports]") {
  const auto family = GENERATE(Family::v4, Family::v6);
  const auto pair = bind_port_pair(Endpoint::loopback(family));
  REQUIRE(pair);
  CHECK(pair->rtp_port % 2 == 0);
  CHECK(pair->rtp_port >= 32768);
  CHECK(local_endpoint(pair->rtp.get()) == Endpoint::loopback(family, pair->rtp_port));
  CHECK(local_endpoint(pair->rtcp.get()).port() == pair->rtp_port + 1);
}

TEST_CASE("a range is used up, odd ends left out, and a pair comes back", "[ports]") {
  const auto host = Endpoint::loopback(Family::v4);
  // A free stretch of five ports that begins with an odd one holds two pairs.
  auto probe = bind_port_pair(host, {20001, 30000});
  REQUIRE(probe);
  const PortRange range{static_cast<std::uint16_t>(probe->rtp_port - 1),
                        static_cast<std::uint16_t>(probe->rtp_port + 2)};
  auto none = bind_port_pair(host, range);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Errc::io);
  // With RTP's port free and RTCP's taken there is still no pair.
  probe->rtp.reset();
  CHECK_FALSE(bind_port_pair(host, range));
  probe->rtcp.reset();
  const auto again = bind_port_pair(host, range);
  REQUIRE(again);
  CHECK(again->rtp_port == probe->rtp_port);
}

TEST_CASE("the pairs of a range are counted", "[ports]") {
  CHECK(PortRange{40000, 40001}.pairs() == 1);
  CHECK(PortRange{40000, 40010}.pairs() == 5);
  CHECK(PortRange{40001, 40003}.pairs() == 1);
  CHECK(PortRange{5001, 5002}.pairs() == 0);
  CHECK(PortRange{5000, 5000}.pairs() == 0);
  CHECK(PortRange{5000, 4000}.pairs() == 0);
  CHECK(PortRange{65535, 65535}.pairs() == 0);
  CHECK(PortRange{65534, 65535}.pairs() == 1);
}

TEST_CASE("a range without a pair is a mistake", "[ports]") {
  const auto host = Endpoint::loopback(Family::v4);
  for (const auto range :
       {PortRange{5001, 5002}, PortRange{5000, 5000}, PortRange{5000, 4000}, PortRange{65535, 65535}}) {
    const auto pair = bind_port_pair(host, range);
    REQUIRE_FALSE(pair);
    CHECK(pair.error().code == Errc::invalid);
  }
}
