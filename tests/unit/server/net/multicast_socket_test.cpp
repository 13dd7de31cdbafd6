#include "server/net/multicast_socket.h"

#include <poll.h>

#include <array>
#include <catch2/catch.hpp>

namespace lectern::server {
namespace {

const Endpoint group = Endpoint::parse("239.211.212.213:17892").value();
const MulticastScope over_lo{1, "lo"};

std::string received(int fd, int timeout_ms) {
  pollfd entry{fd, POLLIN, 0};
  if (::poll(&entry, 1, timeout_ms) != 1) return {};
  std::array<char, 64> bytes{};
  const auto size = ::recv(fd, bytes.data(), bytes.size(), 0);
  return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

void send(int fd, const Endpoint& to, std::string_view text) {
  sockaddr_storage address{};
  const auto size = to.to_sockaddr(address, to.family());
  REQUIRE(::sendto(fd, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address), size) ==
          static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("Who has joined hears what is sent to a group, and nobody else", "[multicast_socket]") {
  const auto joined = bind_multicast(group, over_lo), not_joined = bind_multicast(group, over_lo);
  REQUIRE(joined);
  REQUIRE(not_joined);
  REQUIRE(join_multicast(joined->get(), group, over_lo));
  send(not_joined->get(), group, "to all");
  CHECK(received(joined->get(), 5000) == "to all");
  CHECK(received(not_joined->get(), 50).empty());
}

TEST_CASE("An interface that is not there is named", "[multicast_socket]") {
  const auto failed = bind_multicast(group, {1, "nosuch0"});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == Errc::io);
  CHECK(failed.error().message == "cannot send to 239.211.212.213:17892 over nosuch0: No such device");
}

}  // namespace lectern::server
