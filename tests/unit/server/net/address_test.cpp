#include "server/net/address.h"

#include <netinet/in.h>

#include <catch2/catch.hpp>
#include <set>
#include <string_view>

using lectern::Errc;
using lectern::server::Endpoint;
using Family = Endpoint::Family;
using namespace std::string_view_literals;

TEST_CASE("endpoints are read and written", "[address]") {
  const auto v4 = Endpoint::parse("127.0.0.1:8554");
  REQUIRE(v4);
  CHECK(*v4 == Endpoint::loopback(Family::v4, 8554));
  CHECK(v4->to_string() == "127.0.0.1:8554");
  CHECK(v4->host() == "127.0.0.1");

  const auto v6 = Endpoint::parse("[::1]:8554");
  REQUIRE(v6);
  CHECK(*v6 == Endpoint::loopback(Family::v6, 8554));
  CHECK(v6->to_string() == "[::1]:8554");
  CHECK(v6->host() == "::1");

  for (const auto text : {":8554", "8554", "[::]:8554"}) {
    const auto all = Endpoint::parse(text);
    REQUIRE(all);
    CHECK(all->is_any());
    CHECK(*all == Endpoint::any(Family::v6, 8554));
  }
  CHECK(Endpoint::parse("[fe80::1%lo]:1")->to_string() == "[fe80::1]:1");
  CHECK(*Endpoint::parse_host("::1", 5) == Endpoint::loopback(Family::v6, 5));
  CHECK(*Endpoint::parse_host("[::1]") == Endpoint::loopback(Family::v6));
  CHECK(*Endpoint::parse_host("0.0.0.0") == Endpoint());
}

TEST_CASE("what is no endpoint is refused", "[address]") {
  for (const auto text :
       {""sv, ":"sv, "65536"sv, "-1"sv, ":85 54"sv, "127.0.0.1"sv, "127.0.0.1:"sv, "127.1:80"sv, "::1:8554"sv,
        "[::1]"sv, "[::1:80"sv, "[127.0.0.1]:80"sv, "[]:80"sv, "localhost:80"sv, "256.0.0.1:80"sv,
        "[fe80::1%nosuchif]:80"sv, "127.0.0.1\0x:80"sv}) {
    CAPTURE(text);
    const auto endpoint = Endpoint::parse(text);
    REQUIRE_FALSE(endpoint);
    CHECK(endpoint.error().code == Errc::invalid);
  }
}

TEST_CASE("an IPv4 address mapped into IPv6 is the IPv4 address", "[address]") {
  const auto mapped = Endpoint::parse("[::ffff:192.0.2.7]:554");
  REQUIRE(mapped);
  CHECK(mapped->to_string() == "192.0.2.7:554");
  CHECK(*mapped == *Endpoint::parse("192.0.2.7:554"));

  sockaddr_storage storage{};
  REQUIRE(mapped->to_sockaddr(storage, Family::v6) == sizeof(sockaddr_in6));
  CHECK(storage.ss_family == AF_INET6);
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
  CHECK(v6.sin6_addr.s6_addr[10] == 0xff);
  CHECK(v6.sin6_addr.s6_addr[15] == 7);
  CHECK(ntohs(v6.sin6_port) == 554);
  CHECK(Endpoint::from_sockaddr(storage) == *mapped);

  REQUIRE(mapped->to_sockaddr(storage, Family::v4) == sizeof(sockaddr_in));
  CHECK(Endpoint::from_sockaddr(storage) == *mapped);
  CHECK(Endpoint::loopback(Family::v6).to_sockaddr(storage, Family::v4) == 0);
}

TEST_CASE("a network is an IPv4 address, or an IPv6 /64", "[address]") {
  const auto network = [](const char* text) { return Endpoint::parse(text)->network(); };
  CHECK(network("192.0.2.1:1000") == network("192.0.2.1:2000"));
  CHECK_FALSE(network("192.0.2.1:1000") == network("192.0.2.2:1000"));
  CHECK(network("[2001:db8:0:1::1]:1") == network("[2001:db8:0:1:ffff:ffff:ffff:ffff]:2"));
  CHECK_FALSE(network("[2001:db8:0:1::1]:1") == network("[2001:db8:0:2::1]:1"));
  // 127.0.0.1 and an IPv6 address that begins with the same bytes.
  CHECK_FALSE(network("127.0.0.1:1") == network("[7f00:1::]:1"));
}

TEST_CASE("hosts and ports tell endpoints apart", "[address]") {
  const auto a = *Endpoint::parse("192.0.2.1:1000");
  CHECK(a.same_host(*Endpoint::parse("192.0.2.1:2000")));
  CHECK_FALSE(a == *Endpoint::parse("192.0.2.1:2000"));
  CHECK_FALSE(a.same_host(*Endpoint::parse("192.0.2.2:1000")));
  CHECK_FALSE(Endpoint::any(Family::v4) == Endpoint::any(Family::v6));
  CHECK(Endpoint::parse("239.1.2.3:5")->is_multicast());
  CHECK(Endpoint::parse("[ff15::1]:5")->is_multicast());
  CHECK_FALSE(a.is_multicast());
  CHECK(Endpoint::parse("127.9.9.9:1")->is_loopback());
  CHECK_FALSE(a.is_loopback());

  std::set<std::size_t> hashes;
  for (std::uint16_t port = 1000; port < 2000; ++port)
    hashes.insert(std::hash<Endpoint>()(a.with_port(port)));
  CHECK(hashes.size() == 1000);
}
