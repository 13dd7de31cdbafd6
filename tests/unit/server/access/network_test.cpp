#include "server/access/network.h"

#include <catch2/catch.hpp>

using namespace lectern;
using namespace lectern::server;

namespace {

Endpoint host(const char* text) {
  return Endpoint::parse_host(text, 4711).value();
}

bool holds(const char* network, const char* address) {
  return Network::parse(network).value().contains(host(address));
}

}  // namespace

TEST_CASE("a network holds the addresses that begin like it", "[access]") {
  CHECK(holds("10.0.0.0/8", "10.255.0.1"));
  CHECK_FALSE(holds("10.0.0.0/8", "11.0.0.1"));
  CHECK(holds("192.168.1.64/26", "192.168.1.127"));
  CHECK_FALSE(holds("192.168.1.64/26", "192.168.1.128"));
  CHECK(holds("192.0.2.7", "192.0.2.7"));
  CHECK_FALSE(holds("192.0.2.7", "192.0.2.6"));
  CHECK(holds("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(holds("0.0.0.0/0", "::1"));
  CHECK(holds("2001:db8::/32", "2001:db8:ffff::1"));
  CHECK_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(holds("::1", "::1"));
  CHECK_FALSE(holds("::/0", "127.0.0.1"));
  // As dual-stack sockets name IPv4.
  CHECK(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
  CHECK(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
}

TEST_CASE("what is no network is told", "[access]") {
  for (const char* wrong : {"", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "host",
                            "::/129", "[::1]", "fe80::1%lo", "::ffff:10.0.0.0/8", "10.0.0.1 "}) {
    CAPTURE(wrong);
    CHECK(Network::parse(wrong).error().code == Errc::invalid);
  }
  CHECK(Network::parse("10.0.0.1/8").error().message ==
        "\"10.0.0.1/8\" is not a network: bits behind the prefix are set");
  CHECK(Network::parse("ten").error().message ==
        "\"ten\" is not a network (write 10.0.0.0/8, 192.168.1.7 or 2001:db8::/32)");
}

TEST_CASE("deny wins over allow, and with an allow all others are out", "[access]") {
  AddressRules rules;
  CHECK(rules.admits(host("192.0.2.1")));
  rules.deny = {Network::parse("192.0.2.0/24").value()};
  CHECK_FALSE(rules.admits(host("192.0.2.1")));
  CHECK(rules.admits(host("198.51.100.1")));
  rules.allow = {Network::parse("192.0.0.0/16").value(), Network::parse("::1").value()};
  CHECK_FALSE(rules.admits(host("192.0.2.1")));
  CHECK(rules.admits(host("192.0.3.1")));
  CHECK(rules.admits(host("::1")));
  CHECK_FALSE(rules.admits(host("198.51.100.1")));
}
