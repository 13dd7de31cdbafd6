#include "server/net/udp_socket.h"

#include <netinet/in.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>

#include "server/loop/event_loop.h"
#include "server/loop/timer.h"

using namespace lectern;
using namespace lectern::server;
using Family = Endpoint::Family;

namespace {

struct Receiver : UdpSocket::Handler {
  void received(const Endpoint& from, Bytes datagram, bool truncated) override {
    got(from, std::string(as_text(datagram)), truncated);
  }
  void unreachable(const Endpoint& peer, int error) override { lost(peer, error); }
  std::function<void(const Endpoint&, std::string, bool)> got = [](auto&&...) {};
  std::function<void(const Endpoint&, int)> lost = [](auto&&...) {};
};

void send_text(int fd, Family family, const Endpoint& to, std::string_view text) {
  sockaddr_storage address{};
  const auto size = to.to_sockaddr(address, family);
  ::sendto(fd, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&address), size);
}

}  // namespace

TEST_CASE("datagrams come with their sender, cut ones are marked", "[udp]") {
  const auto family = GENERATE(Family::v4, Family::v6);
  EventLoop loop;
  Timer guard(loop, [&] { loop.stop(); });
  guard.start_after(std::chrono::seconds(5));
  Receiver receiver;
  UdpSocket socket(loop, std::move(*bind_udp(Endpoint::loopback(family))), receiver, 16);
  auto sender = bind_udp(Endpoint::loopback(family));
  REQUIRE(sender);
  CHECK(socket.family() == family);

  std::vector<std::string> texts;
  std::vector<bool> cut;
  receiver.got = [&](const Endpoint& from, const std::string& text, bool truncated) {
    CHECK(from == local_endpoint(sender->get()));
    texts.push_back(text);
    cut.push_back(truncated);
    if (texts.size() == 102) loop.stop();
  };
  send_text(sender->get(), family, socket.local(), "0123456789abcdefg");
  send_text(sender->get(), family, socket.local(), "");
  for (int i = 0; i < 100; ++i) send_text(sender->get(), family, socket.local(), std::to_string(i));
  loop.run();
  REQUIRE(texts.size() == 102);
  CHECK(texts[0] == "0123456789abcdef");
  CHECK(cut[0]);
  CHECK(texts[1].empty());
  CHECK_FALSE(cut[1]);
  for (std::size_t i = 0; i < 100; ++i) CHECK(texts[i + 2] == std::to_string(i));
  CHECK(socket.counters().datagrams == 102);
  CHECK(socket.counters().truncated == 1);
}

TEST_CASE("a dual-stack socket names IPv4 peers by their IPv4 address", "[udp]") {
  EventLoop loop;
  Receiver receiver;
  UdpSocket socket(loop, std::move(*bind_udp(Endpoint::any(Family::v6))), receiver);
  auto sender = bind_udp(Endpoint::loopback(Family::v4));
  REQUIRE(sender);
  Endpoint seen;
  receiver.got = [&](const Endpoint& from, const std::string&, bool) {
    seen = from;
    loop.stop();
  };
  send_text(sender->get(), Family::v4, Endpoint::loopback(Family::v4, socket.local().port()), "x");
  loop.run();
  CHECK(seen == local_endpoint(sender->get()));
  CHECK(seen.family() == Family::v4);
}

TEST_CASE("a peer that is gone is told, and the socket goes on", "[udp]") {
  const auto family = GENERATE(Family::v4, Family::v6);
  EventLoop loop;
  Timer guard(loop, [&] { loop.stop(); });
  guard.start_after(std::chrono::seconds(5));
  Receiver receiver;
  UdpSocket socket(loop, std::move(*bind_udp(Endpoint::loopback(family))), receiver);
  const auto nobody = local_endpoint(bind_udp(Endpoint::loopback(family))->get());
  Endpoint lost;
  int reason = 0;
  std::string text;
  receiver.lost = [&](const Endpoint& peer, int error) {
    lost = peer;
    reason = error;
    send_text(socket.fd(), family, socket.local(), "to myself");
  };
  receiver.got = [&](const Endpoint&, const std::string& datagram, bool) {
    text = datagram;
    loop.stop();
  };
  send_text(socket.fd(), family, nobody, "is anybody there");
  loop.run();
  CHECK(lost == nobody);
  CHECK(reason == ECONNREFUSED);
  CHECK(text == "to myself");
  CHECK(socket.counters().unreachable == 1);
}

TEST_CASE("a socket may be destroyed by its handler", "[udp]") {
  EventLoop loop;
  Receiver receiver;
  auto socket =
      std::make_unique<UdpSocket>(loop, std::move(*bind_udp(Endpoint::loopback(Family::v4))), receiver);
  int got = 0;
  receiver.got = [&](const Endpoint&, const std::string&, bool) {
    ++got;
    socket.reset();
    loop.stop();
  };
  for (int i = 0; i < 3; ++i) send_text(socket->fd(), Family::v4, socket->local(), "x");
  loop.run();
  CHECK(got == 1);
}

TEST_CASE("an address that is taken is refused with its name", "[udp]") {
  const auto first = bind_udp(Endpoint::loopback(Family::v4));
  REQUIRE(first);
  const auto second = bind_udp(local_endpoint(first->get()));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::io);
  CHECK(second.error().message ==
        "cannot bind UDP " + local_endpoint(first->get()).to_string() + ": Address already in use");
}

TEST_CASE("buffer sizes reach the kernel", "[udp]") {
  const auto fd = bind_udp(Endpoint::loopback(Family::v4), {.receive = 65536, .send = 32768});
  REQUIRE(fd);
  int size = 0;
  socklen_t length = sizeof size;
  ::getsockopt(fd->get(), SOL_SOCKET, SO_RCVBUF, &size, &length);
  CHECK(size == 2 * 65536);  // socket(7): Linux doubles it for its own use
  ::getsockopt(fd->get(), SOL_SOCKET, SO_SNDBUF, &size, &length);
  CHECK(size == 2 * 32768);
}
