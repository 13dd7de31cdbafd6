#include "server/net/tcp_listener.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "server/loop/event_loop.h"
#include "server/loop/timer.h"
#include "server/net/udp_socket.h"

using namespace lectern;
using namespace lectern::server;
using Family = Endpoint::Family;

namespace {

FileDescriptor connect_to(const Endpoint& server) {
  FileDescriptor fd(
      ::socket(server.family() == Family::v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  const auto size = server.to_sockaddr(address, server.family());
  REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  return fd;
}

}  // namespace

TEST_CASE("connections are accepted with their peer", "[listener]") {
  const auto family = GENERATE(Family::v4, Family::v6);
  EventLoop loop;
  std::vector<Endpoint> peers;
  auto listener =
      TcpListener::listen(loop, Endpoint::loopback(family), [&](FileDescriptor fd, const Endpoint& peer) {
        CHECK((::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) != 0);
        peers.push_back(peer);
        if (peers.size() == 2) loop.stop();
      });
  REQUIRE(listener);
  CHECK((*listener)->local().port() != 0);
  const auto a = connect_to((*listener)->local());
  const auto b = connect_to((*listener)->local());
  loop.run();
  CHECK(peers == std::vector{local_endpoint(a.get()), local_endpoint(b.get())});
  CHECK((*listener)->counters().accepted == 2);

  const auto taken = TcpListener::listen(loop, (*listener)->local(), {});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().message ==
        "cannot listen on TCP " + (*listener)->local().to_string() + ": Address already in use");
}

TEST_CASE("the wildcard takes both families", "[listener]") {
  EventLoop loop;
  std::vector<Endpoint> peers;
  auto listener =
      TcpListener::listen(loop, *Endpoint::parse(":0"), [&](FileDescriptor, const Endpoint& peer) {
        peers.push_back(peer);
        if (peers.size() == 2) loop.stop();
      });
  REQUIRE(listener);
  const auto port = (*listener)->local().port();
  const auto a = connect_to(Endpoint::loopback(Family::v4, port));
  const auto b = connect_to(Endpoint::loopback(Family::v6, port));
  loop.run();
  CHECK(peers == std::vector{local_endpoint(a.get()), local_endpoint(b.get())});
  CHECK(peers.front().family() == Family::v4);
}

TEST_CASE("without descriptors a connection is closed at once and counted", "[listener]") {
  EventLoop loop;
  std::vector<FileDescriptor> accepted;
  auto listener =
      TcpListener::listen(loop, Endpoint::loopback(Family::v4), [&](FileDescriptor fd, const Endpoint&) {
        accepted.push_back(std::move(fd));
        loop.stop();
      });
  REQUIRE(listener);
  const auto client = connect_to((*listener)->local());
  Timer soon(loop, [&] { loop.stop(); });

  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  // The lowest free number is the limit: no descriptor is left, whatever else is open.
  const FileDescriptor next(::dup(client.get()));
  const rlimit none{static_cast<rlim_t>(next.get()), before.rlim_max};
  std::vector<FileDescriptor> holes;
  ::setrlimit(RLIMIT_NOFILE, &none);
  for (FileDescriptor hole(::dup(client.get())); hole; hole = FileDescriptor(::dup(client.get()))) {
    holes.push_back(std::move(hole));
  }
  soon.start_after(std::chrono::milliseconds(50));
  loop.run();
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK((*listener)->counters().refused == 1);
  CHECK(accepted.empty());
  char byte = 0;
  CHECK(::recv(client.get(), &byte, 1, 0) == 0);

  const auto second = connect_to((*listener)->local());
  soon.stop();
  loop.run();
  CHECK(accepted.size() == 1);
}

TEST_CASE("a listener may be destroyed by its callback", "[listener]") {
  EventLoop loop;
  std::unique_ptr<TcpListener> listener;
  int accepted = 0;
  listener = std::move(
      *TcpListener::listen(loop, Endpoint::loopback(Family::v4), [&](FileDescriptor, const Endpoint&) {
        ++accepted;
        listener.reset();
        loop.stop();
      }));
  const auto a = connect_to(listener->local());
  const auto b = connect_to(listener->local());
  loop.run();
  CHECK(accepted == 1);
}
