#include "server/net/tcp_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "server/loop/event_loop.h"
#include "server/loop/timer.h"
#include "server/net/tcp_listener.h"
#include "server/net/udp_socket.h"

using namespace lectern;
using namespace lectern::server;
using namespace std::chrono_literals;
using Family = Endpoint::Family;

namespace {

struct Session : TcpStream::Handler {
  MutableBytes writable() override { return buffer; }
  void committed(std::size_t size) override {
    text += as_text(Bytes(buffer).first(size));
    if (on_text) on_text();
  }
  void drained() override {
    if (on_drained) on_drained();
  }
  void closed(CloseReason why, int code) override {
    REQUIRE_FALSE(reason);
    reason = why;
    error = code;
    if (on_closed) on_closed();
  }
  std::array<std::byte, 64> buffer{};
  std::string text;
  std::optional<CloseReason> reason;
  int error = 0;
  std::function<void()> on_text, on_drained, on_closed;
};

// A server's stream and the descriptor of its client, which blocks.
struct Connection {
  explicit Connection(Family family = Family::v4, TcpStream::Options options = {}, int buffer = 0) {
    FileDescriptor accepted;
    auto listener =
        TcpListener::listen(loop, Endpoint::loopback(family), [&](FileDescriptor fd, const Endpoint&) {
          accepted = std::move(fd);
          loop.stop();
        });
    REQUIRE(listener);
    client =
        FileDescriptor(::socket(family == Family::v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (buffer > 0) ::setsockopt(client.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    sockaddr_storage address{};
    const auto size = (*listener)->local().to_sockaddr(address, family);
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    loop.run();
    if (buffer > 0) ::setsockopt(accepted.get(), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    server_fd = accepted.get();
    stream = std::make_unique<TcpStream>(loop, std::move(accepted), options);
    stream->start(session);
    guard.start_after(20s);
  }

  EventLoop loop;
  Timer guard{loop, [this] {
                timed_out = true;
                loop.stop();
              }};
  bool timed_out = false;
  Session session;
  FileDescriptor client;
  int server_fd = -1;
  std::unique_ptr<TcpStream> stream;
};

std::string read_to_end(
    int fd, std::function<std::size_t()> next_size = [] { return std::size_t{4096}; }) {
  std::string all;
  std::string part;
  for (;;) {
    part.resize(next_size());
    const auto size = ::recv(fd, part.data(), part.size(), 0);
    if (size <= 0) return all;
    all.append(part, 0, static_cast<std::size_t>(size));
  }
}

void send_text(int fd, std::string_view text) {
  REQUIRE(::send(fd, text.data(), text.size(), 0) > 0);
}

ByteVector payload_of(std::uint32_t number) {
  ByteVector payload(number * 7919 % 1400);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::byte>(number * 31 + i);
  return payload;
}

Gathered packet_of(std::uint32_t number, Bytes payload) {
  Gathered packet{{}, payload};
  const auto size = payload.size() + 12;
  packet.header[0] = std::byte{'$'};
  packet.header[2] = static_cast<std::byte>(size >> 8);
  packet.header[3] = static_cast<std::byte>(size);
  for (std::size_t i = 0; i < 4; ++i) packet.header[12 + i] = static_cast<std::byte>(number >> (24 - 8 * i));
  return packet;
}

}  // namespace

TEST_CASE("another handler is told, from within the one before", "[stream]") {
  Connection c;
  Session next;
  c.session.on_text = [&] {
    c.stream->set_handler(next);
    send_text(c.client.get(), "for the next");
    ::shutdown(c.client.get(), SHUT_WR);
  };
  next.on_closed = [&] { c.loop.stop(); };
  send_text(c.client.get(), "for the first");
  c.loop.run();
  CHECK(c.session.text == "for the first");
  CHECK_FALSE(c.session.reason);
  CHECK(next.text == "for the next");
  CHECK(next.reason == CloseReason::peer);
}

TEST_CASE("bytes go both ways, with the addresses of both ends", "[stream]") {
  const auto family = GENERATE(Family::v4, Family::v6);
  Connection c(family);
  CHECK(c.stream->peer() == local_endpoint(c.client.get()));
  CHECK(c.stream->local().same_host(Endpoint::loopback(family)));
  int on = 0;
  socklen_t size = sizeof on;
  ::getsockopt(c.server_fd, IPPROTO_TCP, TCP_NODELAY, &on, &size);
  CHECK(on == 1);

  const std::string request(1000, 'r');
  c.session.on_text = [&] {
    if (c.session.text.size() < request.size()) return;
    CHECK(c.stream->write("RTSP/1.0 200 OK\r\n"));
    CHECK(c.stream->write("\r\n"));
    c.stream->finish(5s);
    CHECK_FALSE(c.stream->write("too late"));
    CHECK_FALSE(c.stream->writable());
  };
  c.session.on_closed = [&] { c.loop.stop(); };
  std::string answer;
  send_text(c.client.get(), request);
  std::thread client([&] {
    answer = read_to_end(c.client.get());
    c.client.reset();
  });
  c.loop.run();
  client.join();
  CHECK(c.session.text == request);
  CHECK(answer == "RTSP/1.0 200 OK\r\n\r\n");
  CHECK(c.session.reason == CloseReason::finished);
  CHECK(c.stream->counters().received == 1000);
  CHECK(c.stream->counters().sent == 19);
}

TEST_CASE("packets and answers keep their frames under a slow reader", "[stream]") {
  constexpr std::uint32_t kPackets = 4000;
  Connection c(Family::v4, {}, 8192);
  std::vector<ByteVector> payloads;
  for (std::uint32_t i = 0; i < kPackets; ++i) payloads.push_back(payload_of(i));
  std::uint32_t next = 0;
  std::uint32_t answers = 0;
  std::size_t most_queued = 0;
  std::mt19937 random(3);
  const auto pump = [&] {
    while (next < kPackets && c.stream->writable()) {
      std::vector<Gathered> packets;
      const auto wanted =
          std::min<std::uint32_t>(kPackets - next, 1 + static_cast<std::uint32_t>(random() % 300));
      for (std::uint32_t i = 0; i < wanted; ++i) packets.push_back(packet_of(next + i, payloads[next + i]));
      const auto accepted = static_cast<std::uint32_t>(c.stream->write_packets(packets));
      // Payloads that were accepted may go at once.
      for (std::uint32_t i = 0; i < accepted; ++i) std::ranges::fill(payloads[next + i], std::byte{0xee});
      next += accepted;
      if (!c.stream->writable()) {
        CHECK(c.stream->write_packets(packets) == 0);
        most_queued = std::max(most_queued, c.stream->queued_bytes());
        CHECK(c.stream->write("R" + std::to_string(answers++) + "\n"));
      }
    }
    if (next == kPackets) c.stream->finish(10s);
  };
  c.session.on_drained = pump;
  c.session.on_closed = [&] { c.loop.stop(); };
  std::string all;
  std::thread client([&] {
    std::mt19937 sizes(5);
    all = read_to_end(c.client.get(), [&] { return std::size_t{1 + sizes() % 5000}; });
    c.client.reset();
  });
  c.loop.post(pump);
  c.loop.run();
  client.join();
  CHECK_FALSE(c.timed_out);
  CHECK(c.session.reason == CloseReason::finished);
  CHECK(c.stream->counters().cuts > 10);
  CHECK(most_queued < 16 + 1400);

  std::uint32_t packets_read = 0, answers_read = 0;
  bool intact = true;
  std::string_view rest(all);
  while (!rest.empty() && intact) {
    if (rest.front() == '$') {
      const auto bytes = as_bytes(rest);
      const auto payload = payload_of(packets_read);
      const auto packet = packet_of(packets_read, payload);
      intact = bytes.size() >= packet.size() && std::ranges::equal(packet.header, bytes.first(16)) &&
               std::ranges::equal(payload, bytes.subspan(16, payload.size()));
      rest.remove_prefix(std::min(rest.size(), packet.size()));
      ++packets_read;
    } else {
      const auto line = "R" + std::to_string(answers_read++) + "\n";
      intact = rest.starts_with(line);
      rest.remove_prefix(std::min(rest.size(), line.size()));
    }
  }
  CHECK(intact);
  CHECK(packets_read == kPackets);
  CHECK(answers_read == answers);
  CHECK(answers > 10);
}

TEST_CASE("many packets go in few system calls", "[stream]") {
  Connection c;
  const auto payload = payload_of(100);
  std::vector<Gathered> packets;
  for (std::uint32_t i = 0; i < 20; ++i) packets.push_back(packet_of(i, payload));
  CHECK(c.stream->write_packets(packets) == 20);
  CHECK(c.stream->counters().syscalls == 1);
  CHECK(c.stream->counters().sent == 20 * (16 + payload.size()));
  CHECK(c.stream->writable());
  CHECK(c.stream->write_packets({}) == 0);
}

TEST_CASE("a peer that asks and does not read is ended", "[stream]") {
  Connection c(Family::v4, {.max_queued = 100'000}, 8192);
  const std::string answer(10'000, 'a');
  int written = 0;
  while (c.stream->write(answer)) ++written;
  CHECK(written >= 10);
  CHECK(c.stream->queued_bytes() <= 100'000);
  CHECK_FALSE(c.session.reason);  // never inside write()
  c.session.on_closed = [&] { c.loop.stop(); };
  c.loop.run();
  CHECK(c.session.reason == CloseReason::error);
  CHECK(c.session.error == ENOBUFS);
}

TEST_CASE("the end of the peer and its reset are told apart", "[stream]") {
  const bool reset = GENERATE(false, true);
  Connection c;
  c.session.on_closed = [&] {
    c.stream.reset();
    c.loop.stop();
  };
  if (reset) {
    const linger now{1, 0};
    ::setsockopt(c.client.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  c.client.reset();
  c.loop.run();
  CHECK(c.session.reason == (reset ? CloseReason::error : CloseReason::peer));
  CHECK(c.session.error == (reset ? ECONNRESET : 0));
}

TEST_CASE("writing to a peer that is gone ends the stream, not the process", "[stream]") {
  Connection c;
  c.client.reset();
  c.stream->pause();
  ::usleep(1000);
  const auto payload = payload_of(1);
  const std::array packets{packet_of(1, payload)};
  for (int i = 0; i < 10 && c.stream->writable(); ++i) {
    c.stream->write_packets(packets);
    ::usleep(1000);
  }
  CHECK_FALSE(c.stream->writable());
  c.session.on_closed = [&] { c.loop.stop(); };
  c.loop.run();
  CHECK(c.session.reason == CloseReason::error);
  CHECK((c.session.error == EPIPE || c.session.error == ECONNRESET));
}

TEST_CASE("a paused stream reads nothing until it goes on", "[stream]") {
  Connection c;
  send_text(c.client.get(), "hello");
  c.stream->pause();
  Timer later(c.loop, [&] {
    CHECK(c.session.text.empty());
    c.stream->resume();
  });
  later.start_after(20ms);
  c.session.on_text = [&] { c.loop.stop(); };
  c.loop.run();
  CHECK(c.session.text == "hello");
}

TEST_CASE("finish does not wait for ever", "[stream]") {
  Connection c(Family::v4, {}, 8192);
  CHECK(c.stream->write(std::string(200'000, 'x')));
  CHECK(c.stream->queued_bytes() > 0);
  c.stream->finish(30ms);
  c.session.on_closed = [&] {
    c.stream.reset();
    c.loop.stop();
  };
  c.loop.run();
  CHECK(c.session.reason == CloseReason::timed_out);
}

TEST_CASE("finish sends the rest to a peer that has ended its side, and passes over what it sends",
          "[stream]") {
  const bool half_closed = GENERATE(false, true);
  Connection c(Family::v4, {}, 8192);
  const std::string rest(300'000, 'x');
  CHECK(c.stream->write(rest));
  c.stream->finish(10s);
  c.session.on_closed = [&] { c.loop.stop(); };
  std::string all;
  send_text(c.client.get(), "not wanted any more");
  if (half_closed) ::shutdown(c.client.get(), SHUT_WR);
  std::thread client([&] {
    ::usleep(20'000);
    all = read_to_end(c.client.get());
    c.client.reset();
  });
  c.loop.run();
  client.join();
  CHECK(all == rest);
  CHECK(c.session.text.empty());
  CHECK(c.session.reason == CloseReason::finished);
}

TEST_CASE("a stream may be destroyed inside any call of its handler", "[stream]") {
  Connection c(Family::v4, {}, 8192);
  const bool in_drained = GENERATE(false, true);
  const auto end = [&] {
    c.stream.reset();
    c.loop.stop();
  };
  std::thread client;
  if (in_drained) {
    c.session.on_drained = end;
    CHECK(c.stream->write(std::string(200'000, 'x')));
    client = std::thread([&] { read_to_end(c.client.get()); });
  } else {
    c.session.on_text = end;
    send_text(c.client.get(), std::string(500, 'x'));
  }
  c.loop.run();
  if (client.joinable()) client.join();
  CHECK(c.stream == nullptr);
  CHECK_FALSE(c.session.reason);
  CHECK(c.session.text.size() <= 64);
}
