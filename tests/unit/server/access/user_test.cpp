#include "server/access/user.h"

#include <catch2/catch.hpp>

using namespace lectern::server;

TEST_CASE("a user may do what one of its patterns names", "[access]") {
  User user;
  user.permissions[0] = {PathPattern::parse("a/*").value(), PathPattern::parse("b").value()};
  user.permissions[1] = {PathPattern::parse("c").value()};
  CHECK(user.permits(Action::read, {"a", "x"}));
  CHECK(user.permits(Action::read, {"b"}));
  CHECK_FALSE(user.permits(Action::read, {"c"}));
  CHECK(user.permits(Action::publish, {"c"}));
  CHECK_FALSE(user.permits(Action::publish, {"b"}));
  CHECK_FALSE(user.permits(Action::admin, {"a", "x"}));
}

TEST_CASE("a user comes from anywhere, or from its networks", "[access]") {
  User user;
  const Endpoint peer = Endpoint::parse_host("192.0.2.1").value();
  CHECK(user.may_come_from(peer));
  user.networks = {Network::parse("10.0.0.0/8").value()};
  CHECK_FALSE(user.may_come_from(peer));
  user.networks.push_back(Network::parse("192.0.2.0/24").value());
  CHECK(user.may_come_from(peer));
}
