#include "server/net/tls_relay.h"

#include <catch2/catch.hpp>

#include "tests/support/socket.h"

using namespace lectern;
using namespace lectern::server;
using test::Address;
using test::Socket;

namespace {

/// Listens, and says nothing to who connects.
struct Mute {
  Mute() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto address = Address::of("127.0.0.1", 0);
    REQUIRE(::bind(socket.fd(), address.raw(), address.size) == 0);
    REQUIRE(::listen(socket.fd(), 8) == 0);
  }
  Socket socket;
};

Error failure(const TlsPeer& peer, std::chrono::milliseconds timeout,
              const std::function<bool()>& stop = {}) {
  const auto relay = TlsRelay::open(peer, timeout, stop);
  REQUIRE(!relay);
  return relay.error();
}

}  // namespace

TEST_CASE("a server that is not there, or says nothing, is told apart", "[tls]") {
  std::uint16_t closed = 0;
  {
    const Mute gone;
    closed = test::local_port(gone.socket);
  }
  CHECK(failure({"127.0.0.1", closed}, std::chrono::seconds(5)).message == "Connection refused");
  const Mute mute;
  const std::uint16_t port = test::local_port(mute.socket);
  CHECK(failure({"127.0.0.1", port}, std::chrono::milliseconds(200)).message == "does not answer in time");
  const Error stopped = failure({"127.0.0.1", port}, std::chrono::minutes(1), [] { return true; });
  CHECK(stopped.code == Errc::end);
}

TEST_CASE("what answers without TLS is refused", "[tls]") {
  const Mute mute;
  std::thread plain([&] {
    const Socket peer(::accept4(mute.socket.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    ::send(peer.fd(), "RTSP/1.0 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
    ::shutdown(peer.fd(), SHUT_WR);
    char bytes[1024];
    while (::recv(peer.fd(), bytes, sizeof bytes, 0) > 0) continue;
  });
  const Error why = failure({"127.0.0.1", test::local_port(mute.socket)}, std::chrono::seconds(10));
  CHECK(why.code == Errc::io);
  CHECK(why.message.starts_with("TLS: "));
  plain.join();
}
