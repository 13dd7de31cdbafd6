#include "server/rtsp/tunnel_registry.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace lectern;
using namespace lectern::server;

namespace {

Endpoint peer(const std::string& text) {
  return Endpoint::parse(text).value();
}

Remote<TunnelGet> nobody() {
  return {[](const std::function<void()>& task) { task(); }, {}};
}

}  // namespace

TEST_CASE("tunnel registry: found from any port of the same host, by TLS or not", "[tunnel]") {
  TunnelRegistry registry;
  const TunnelKey key(peer("192.0.2.1:1000"), false, "cookie");
  {
    auto place = registry.reserve(key);
    REQUIRE(place);
    CHECK_FALSE(registry.find(key));  // not yet
    place->open(nobody());
    CHECK(registry.find({peer("192.0.2.1:2000"), false, "cookie"}));
    CHECK_FALSE(registry.find({peer("192.0.2.2:1000"), false, "cookie"}));
    CHECK_FALSE(registry.find({peer("192.0.2.1:1000"), true, "cookie"}));
    CHECK_FALSE(registry.find({peer("192.0.2.1:1000"), false, "Cookie"}));
    CHECK(registry.reserve(key).error().code == Errc::invalid);
    // One host takes no cookie away from another.
    CHECK(registry.reserve({peer("192.0.2.2:1000"), false, "cookie"}));
    CHECK(registry.size() == 1);
  }
  CHECK_FALSE(registry.find(key));
  CHECK(registry.size() == 0);
  CHECK(registry.waiting() == 0);
  CHECK(registry.reserve(key));
}

TEST_CASE("tunnel registry: how many may wait for their POST", "[tunnel]") {
  TunnelRegistry registry;
  std::vector<TunnelRegistry::Place> places;
  const auto reserve = [&](const std::string& host, std::size_t number) {
    auto place = registry.reserve({peer(host + ":1000"), false, std::to_string(number)});
    if (!place) return place.error().code == Errc::busy ? 1 : 2;
    places.push_back(*std::move(place));
    return 0;
  };
  std::size_t number = 0;
  for (; number < TunnelRegistry::most_waiting_per_peer; ++number) REQUIRE(reserve("192.0.2.1", number) == 0);
  CHECK(reserve("192.0.2.1", ++number) == 1);
  CHECK(reserve("192.0.2.2", number) == 0);
  places.front().joined();
  places.front().joined();
  CHECK(reserve("192.0.2.1", ++number) == 0);
  CHECK(reserve("192.0.2.1", ++number) == 1);
  for (int host = 3; registry.waiting() < TunnelRegistry::most_waiting; ++host)
    for (std::size_t i = 0; i < 400 && registry.waiting() < TunnelRegistry::most_waiting; ++i)
      REQUIRE(reserve("192.0.2." + std::to_string(host), ++number) == 0);
  CHECK(reserve("198.51.100.1", ++number) == 1);
  places.clear();
  CHECK(registry.waiting() == 0);
  CHECK(registry.size() == 0);
  CHECK(reserve("198.51.100.1", ++number) == 0);
}
