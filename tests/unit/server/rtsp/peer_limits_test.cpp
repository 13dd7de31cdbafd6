#include "server/rtsp/peer_limits.h"

#include <catch2/catch.hpp>

using lectern::server::Endpoint;
using lectern::server::PeerLimits;

namespace {

Endpoint peer(std::string_view text) {
  return Endpoint::parse(text).value();
}

}  // namespace

TEST_CASE("An address has its share, whatever its ports", "[peer_limits]") {
  PeerLimits limits(10, 2);
  CHECK(limits.add(peer("192.0.2.1:1000")));
  CHECK(limits.add(peer("192.0.2.1:1001")));
  CHECK_FALSE(limits.add(peer("192.0.2.1:1002")));
  CHECK(limits.add(peer("192.0.2.2:1000")));
  CHECK(limits.add(peer("[2001:db8::1]:1000")));
  limits.remove(peer("192.0.2.1:1001"));
  CHECK(limits.add(peer("192.0.2.1:1003")));
  CHECK_FALSE(limits.add(peer("192.0.2.1:1004")));
}

TEST_CASE("A network of IPv6 has the share of one address", "[peer_limits]") {
  PeerLimits limits(10, 2);
  CHECK(limits.add(peer("[2001:db8::1]:1")));
  CHECK(limits.add(peer("[2001:db8::2]:1")));
  CHECK_FALSE(limits.add(peer("[2001:db8::3]:1")));
  CHECK(limits.add(peer("[2001:db8:0:1::1]:1")));
  limits.remove(peer("[2001:db8::2]:9"));
  CHECK(limits.add(peer("[2001:db8::4]:1")));
}

TEST_CASE("All together have theirs, and what was refused is not counted", "[peer_limits]") {
  PeerLimits limits(2, 2);
  CHECK(limits.add(peer("192.0.2.1:1")));
  CHECK(limits.add(peer("192.0.2.2:1")));
  for (int i = 0; i < 5; ++i) CHECK_FALSE(limits.add(peer("192.0.2.3:1")));
  limits.remove(peer("192.0.2.3:1"));  // was never there
  CHECK_FALSE(limits.add(peer("192.0.2.3:1")));
  limits.remove(peer("192.0.2.1:1"));
  CHECK(limits.add(peer("192.0.2.3:1")));
  CHECK_FALSE(limits.add(peer("192.0.2.1:1")));
}

TEST_CASE("What comes and goes is counted, what is refused is not", "[peer_limits]") {
  PeerLimits limits(1, 1);
  CHECK(limits.changes() == 0);
  CHECK(limits.add(peer("192.0.2.1:1")));
  CHECK_FALSE(limits.add(peer("192.0.2.2:1")));
  CHECK(limits.changes() == 1);
  limits.remove(peer("192.0.2.1:1"));
  limits.remove(peer("192.0.2.1:1"));
  CHECK(limits.changes() == 2);
}

TEST_CASE("Other limits hold for those that come from then on", "[peer_limits]") {
  PeerLimits limits(2, 2);
  CHECK(limits.add(peer("192.0.2.1:1")));
  CHECK(limits.add(peer("192.0.2.1:2")));
  limits.limit(1, 1);
  limits.remove(peer("192.0.2.1:1"));
  CHECK_FALSE(limits.add(peer("192.0.2.2:1")));
  limits.limit(3, 1);
  CHECK_FALSE(limits.add(peer("192.0.2.1:1")));
  CHECK(limits.add(peer("192.0.2.2:1")));
}
