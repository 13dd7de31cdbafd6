#include "server/net/tls_handshakes.h"

#include <catch2/catch.hpp>

using namespace lectern::server;

TEST_CASE("handshakes are capped in all and at half of that for one peer, and end with their slots",
          "[tls_handshakes]") {
  const auto one = Endpoint::parse("10.0.0.1:1").value(), other = Endpoint::parse("10.0.0.2:1").value();
  TlsHandshakes handshakes(3);
  auto first = handshakes.begin(one);
  const auto second = handshakes.begin(one.with_port(2));
  CHECK(first);
  CHECK(second);
  CHECK_FALSE(handshakes.begin(one.with_port(3)));
  const auto third = handshakes.begin(other);
  CHECK(third);
  CHECK_FALSE(handshakes.begin(other));
  first.reset();
  CHECK(handshakes.begin(one));
  CHECK(handshakes.begin(other));
  TlsHandshakes single(1);
  CHECK(single.begin(one));
}
