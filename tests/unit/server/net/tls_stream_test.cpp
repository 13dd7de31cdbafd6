#include "server/net/tls_stream.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "server/loop/event_loop.h"
#include "server/loop/timer.h"
#include "server/net/self_signed.h"
#include "server/net/tcp_stream.h"
#include "server/net/tls_context.h"
#include "tests/support/tls_client.h"

using namespace lectern;
using namespace lectern::server;
using namespace std::chrono_literals;
using lectern::test::TlsClient;

namespace {

struct Session : Stream::Handler {
  MutableBytes writable() override { return MutableBytes(buffer).first(room); }
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
  std::array<std::byte, 4096> buffer{};
  std::size_t room = buffer.size();
  std::string text;
  std::optional<CloseReason> reason;
  int error = 0;
  std::function<void()> on_text, on_drained, on_closed;
};

SslContext shared_context() {
  static const auto pem = make_self_signed("").value();
  static const auto context = make_ssl_context(pem, pem).value();
  return context;
}

std::pair<FileDescriptor, FileDescriptor> socket_pair() {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// A server's stream and the descriptor of its client, which blocks. TCP's own options fail on such a socket,
// and nobody minds.
struct Connection {
  explicit Connection(std::chrono::milliseconds handshake_timeout = 20s, int buffer = 0,
                      TcpStream::Options tcp = {}, std::chrono::microseconds turn = 1s)
      : turns(std::make_shared<TlsTurns>(loop, turn)) {
    auto [own, other] = socket_pair();
    const timeval patience{20, 0};
    ::setsockopt(other.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (buffer > 0)
      for (const int fd : {own.get(), other.get()})
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    client = std::move(other);
    TlsStream::Options options;
    options.handshake_timeout = handshake_timeout;
    options.slot = handshakes.begin({});
    options.turns = turns;
    options.failed = [this](TlsFailure why, const std::string& said) {
      CHECK_FALSE(failure);
      failure = why;
      words = said;
    };
    stream = std::make_unique<TlsStream>(loop, std::make_unique<TcpStream>(loop, std::move(own), tcp),
                                         *shared_context(), std::move(options));
    stream->start(session);
    session.on_closed = [this] { loop.stop(); };
    guard.start_after(30s);
  }

  // The loop runs until the stream has closed, or a test stops it; the client on a thread of its own.
  void run(const std::function<void()>& as_client) {
    std::thread thread([&] {
      as_client();
      client.reset();
    });
    loop.run();
    thread.join();
    CHECK_FALSE(timed_out);
  }

  EventLoop loop;
  Timer guard{loop, [this] {
                timed_out = true;
                loop.stop();
              }};
  bool timed_out = false;
  std::shared_ptr<TlsTurns> turns;
  TlsHandshakes handshakes{1};
  std::optional<TlsFailure> failure;
  std::string words;
  Session session;
  FileDescriptor client;
  std::unique_ptr<TlsStream> stream;
};

std::string raw_to_end(int fd) {
  std::string all;
  char part[4096];
  for (ssize_t size = 0; (size = ::recv(fd, part, sizeof part, 0)) > 0;)
    all.append(part, static_cast<std::size_t>(size));
  return all;
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

TEST_CASE("TLS 1.2 and 1.3 carry bytes both ways, and end with close_notify", "[tls_stream]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  Connection c;
  CHECK_FALSE(c.stream->writable());
  CHECK_FALSE(c.stream->write("too early"));
  CHECK(c.handshakes.begin({}) == nullptr);
  c.session.on_text = [&] {
    if (c.session.text.size() < 1000) return;
    CHECK(c.stream->writable());
    CHECK(c.stream->write("RTSP/1.0 200 OK\r\n"));
    CHECK(c.stream->write("\r\n"));
    CHECK(c.stream->write(""));
    c.stream->finish(20s);
    CHECK_FALSE(c.stream->write("too late"));
    CHECK_FALSE(c.stream->writable());
  };
  std::string answer, spoken;
  bool goodbye = false;
  c.run([&] {
    TlsClient client(c.client.get(), {.version = version});
    spoken = client.version();
    client.send(std::string(1000, 'r'));
    answer = client.read_to_end();
    goodbye = client.was_told_goodbye();
  });
  CHECK(spoken == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
  CHECK(c.session.text == std::string(1000, 'r'));
  CHECK(answer == "RTSP/1.0 200 OK\r\n\r\n");
  CHECK(goodbye);
  CHECK(c.session.reason == CloseReason::finished);
  CHECK(c.handshakes.begin({}) != nullptr);
  CHECK_FALSE(c.failure);
}

TEST_CASE("records that come byte by byte, and a reader with little room", "[tls_stream]") {
  Connection c;
  c.session.room = 7;
  auto [near, far] = socket_pair();
  std::thread there([&, from = near.get(), to = c.client.get()] {
    char byte = 0;
    while (::recv(from, &byte, 1, 0) == 1) ::send(to, &byte, 1, MSG_NOSIGNAL);
    ::shutdown(to, SHUT_WR);
  });
  std::thread back([&, from = c.client.get(), to = near.get()] {
    char part[100];
    for (ssize_t size = 0; (size = ::recv(from, part, sizeof part, 0)) > 0;)
      ::send(to, part, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  });
  const std::string sent(5000, 's');
  std::thread client([&] {
    TlsClient tls(far.get());
    tls.send(sent);
    tls.say_goodbye();
    ::shutdown(far.get(), SHUT_WR);
  });
  c.loop.run();
  c.stream.reset();
  for (auto* thread : {&client, &there, &back}) thread->join();
  CHECK(c.session.text == sent);
  CHECK(c.session.reason == CloseReason::peer);
}

TEST_CASE("what is sent at once comes whole, and in order", "[tls_stream]") {
  Connection c;
  std::string sent;
  for (int i = 0; sent.size() < 300'000; ++i) sent += std::to_string(i) + " ";
  c.session.on_text = [&] {
    CHECK(c.stream->write(sent));
    c.stream->finish(20s);
  };
  std::string received;
  c.run([&] {
    TlsClient client(c.client.get());
    client.send("go");
    received = client.read_to_end();
  });
  CHECK((received == sent));
}

TEST_CASE("packets and answers keep their frames under a slow reader of TLS, who costs a record",
          "[tls_stream]") {
  constexpr std::uint32_t count = 4000;
  Connection c(20s, 8192);
  std::vector<ByteVector> payloads;
  for (std::uint32_t i = 0; i < count; ++i) payloads.push_back(payload_of(i));
  std::uint32_t next = 0, answers = 0, pushed_back = 0;
  std::size_t most_queued = 0;
  std::mt19937 random(3);
  const auto pump = [&] {
    while (next < count && c.stream->writable()) {
      std::vector<Gathered> packets;
      const auto wanted =
          std::min<std::uint32_t>(count - next, 1 + static_cast<std::uint32_t>(random() % 300));
      for (std::uint32_t i = 0; i < wanted; ++i) packets.push_back(packet_of(next + i, payloads[next + i]));
      const auto accepted = static_cast<std::uint32_t>(c.stream->write_packets(packets));
      // Payloads that were accepted may go at once.
      for (std::uint32_t i = 0; i < accepted; ++i) std::ranges::fill(payloads[next + i], std::byte{0xee});
      next += accepted;
      pushed_back += accepted < wanted ? 1 : 0;
      if (!c.stream->writable()) {
        CHECK(c.stream->write_packets(packets) == 0);
        most_queued = std::max(most_queued, c.stream->queued_bytes());
        CHECK(c.stream->write("R" + std::to_string(answers++) + "\n"));
      }
    }
    if (next == count) c.stream->finish(20s);
  };
  c.session.on_text = pump;
  c.session.on_drained = pump;
  std::string all;
  c.run([&] {
    TlsClient client(c.client.get());
    client.send("go");
    all = client.read_to_end();
  });
  CHECK(c.session.reason == CloseReason::finished);
  CHECK(pushed_back > 10);
  CHECK(most_queued < 16'384 + 256);

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
  CHECK(packets_read == count);
  CHECK(answers_read == answers);
}

TEST_CASE("packets are gathered into full records, one system call each", "[tls_stream]") {
  Connection c;
  const auto payload = ByteVector(1384);
  const std::vector<Gathered> packets(33, packet_of(1, payload));
  c.session.on_text = [&] {
    const auto before = c.stream->counters();
    CHECK(c.stream->write_packets(packets) == packets.size());
    // Eleven packets of 1400 bytes fit in 16384, with 22 bytes of TLS 1.3 around them.
    CHECK(c.stream->counters().syscalls - before.syscalls == 3);
    CHECK(c.stream->counters().sent - before.sent == 33 * 1400 + 3 * 22);
    // One that is larger than a record.
    const ByteVector large(40'000);
    const std::array one{packet_of(2, large)};
    CHECK(c.stream->write_packets(one) == 1);
    c.stream->finish(20s);
  };
  std::string all;
  c.run([&] {
    TlsClient client(c.client.get(), {.version = TLS1_3_VERSION});
    client.send("go");
    all = client.read_to_end();
  });
  CHECK(all.size() == 33 * 1400 + 16 + 40'000);
}

TEST_CASE("a peer that asks in TLS and does not read is ended", "[tls_stream]") {
  Connection c(20s, 8192, {.max_queued = 100'000});
  std::atomic<bool> ended = false;
  c.session.on_text = [&] {
    const std::string answer(10'000, 'a');
    int written = 0;
    while (c.stream->write(answer)) ++written;
    CHECK(written >= 9);
    CHECK(c.stream->queued_bytes() <= 100'000);
    CHECK_FALSE(c.session.reason);  // never inside write()
  };
  c.session.on_closed = [&] {
    ended = true;
    c.loop.stop();
  };
  c.run([&] {
    TlsClient client(c.client.get());
    client.send("go");
    while (!ended) std::this_thread::sleep_for(5ms);
  });
  CHECK(c.session.reason == CloseReason::error);
  CHECK(c.session.error == ENOBUFS);
}

TEST_CASE("the peer's close_notify, and its end without one, are its end", "[tls_stream]") {
  const bool told = GENERATE(true, false);
  Connection c;
  bool goodbye = false;
  c.run([&] {
    TlsClient client(c.client.get());
    client.send("hello");
    if (told) {
      client.say_goodbye();
      client.read_to_end();
      goodbye = client.was_told_goodbye();
    } else {
      // Closing with something unread would be a reset.
      ::shutdown(c.client.get(), SHUT_WR);
      raw_to_end(c.client.get());
    }
  });
  CHECK(c.session.text == "hello");
  CHECK(c.session.reason == CloseReason::peer);
  CHECK(goodbye == told);
  CHECK_FALSE(c.failure);
  CHECK_FALSE(c.stream->writable());
  CHECK_FALSE(c.stream->write("gone"));
}

TEST_CASE("a client is not let renegotiate", "[tls_stream]") {
  Connection c;
  bool renegotiated = true;
  c.run([&] {
    TlsClient client(c.client.get(), {.version = TLS1_2_VERSION});
    renegotiated = client.renegotiates();
  });
  CHECK_FALSE(renegotiated);
}

TEST_CASE("TLS 1.1 is refused, in words", "[tls_stream]") {
  Connection c;
  std::string refusal;
  c.run([&] {
    try {
      TlsClient(c.client.get(), {.version = TLS1_1_VERSION, .old = true});
    } catch (const std::exception& error) {
      refusal = error.what();
    }
  });
  CHECK(refusal == "tlsv1 alert protocol version");
  CHECK(c.failure == TlsFailure::handshake);
  CHECK(c.words == "the client knows only TLS 1.1 or older");
  CHECK(c.session.text.empty());
}

TEST_CASE("a session is resumed with its ticket", "[tls_stream]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  std::shared_ptr<SSL_SESSION> ticket;
  for (const bool again : {false, true}) {
    Connection c;
    c.session.on_text = [&] {
      c.stream->write("answer");
      c.stream->finish(20s);
    };
    bool resumed = false;
    std::string answer;
    c.run([&] {
      TlsClient client(c.client.get(), {.version = version, .session = ticket});
      client.send("go");
      answer = client.read_to_end();
      client.say_goodbye();  // A session that ends without is none to resume for OpenSSL.
      ticket = client.session();
      resumed = client.resumed();
    });
    CHECK(answer == "answer");
    CHECK(resumed == again);
    CHECK((again || ticket));  // TLS 1.2 gives one of long life once
  }
}

TEST_CASE("a handshake that is not done by its deadline ends, whatever trickles in", "[tls_stream]") {
  const bool trickles = GENERATE(false, true);
  Connection c(200ms);
  const auto begun = std::chrono::steady_clock::now();
  std::string all;
  c.run([&] {
    // The head of a long ClientHello.
    const std::string head("\x16\x03\x01\x20\x00\x01\x00\x1f\xfc", 9);
    ::send(c.client.get(), head.data(), head.size(), MSG_NOSIGNAL);
    for (int i = 0; i < 1000 && trickles && ::send(c.client.get(), "\0", 1, MSG_NOSIGNAL) == 1; ++i)
      std::this_thread::sleep_for(20ms);
    all = raw_to_end(c.client.get());
  });
  CHECK(std::chrono::steady_clock::now() - begun >= 190ms);
  CHECK(c.failure == TlsFailure::timed_out);
  CHECK(c.session.reason == CloseReason::timed_out);
  CHECK(c.handshakes.begin({}) != nullptr);
  CHECK(all.empty());
}

TEST_CASE("a plain RTSP client is told to use rtsps, junk gets an alert", "[tls_stream]") {
  const bool plain = GENERATE(true, false);
  Connection c;
  std::string all;
  c.run([&] {
    const std::string sent = plain ? "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
                                   : std::string("\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff", 10);
    ::send(c.client.get(), sent.data(), sent.size(), MSG_NOSIGNAL);
    all = raw_to_end(c.client.get());
  });
  CHECK(c.handshakes.begin({}) != nullptr);
  if (plain) {
    CHECK_THAT(all, Catch::StartsWith("RTSP/1.0 400 Bad Request: this port is for TLS, use rtsps://\r\n"));
    CHECK(c.failure == TlsFailure::plain_text);
  } else {
    CHECK(all.size() == 7);  // a fatal alert
    CHECK(all.substr(0, 1) == "\x15");
    CHECK(c.failure == TlsFailure::handshake);
  }
  CHECK(c.session.text.empty());
}

TEST_CASE("a bad record behind the handshake ends the stream", "[tls_stream]") {
  Connection c;
  c.run([&] {
    TlsClient client(c.client.get());
    client.send("hello");
    const std::string forged = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
    ::send(c.client.get(), forged.data(), forged.size(), MSG_NOSIGNAL);
    client.read_to_end();
  });
  CHECK(c.session.text == "hello");
  CHECK(c.failure == TlsFailure::broken);
  CHECK_FALSE(c.stream->writable());
}

TEST_CASE("a paused reader of TLS gets nothing until it goes on, and then all", "[tls_stream]") {
  Connection c;
  std::string expected;
  for (int i = 0; i < 200; ++i) expected += "message " + std::to_string(i) + "\n";
  int pauses = 0;
  c.session.room = 500;
  Timer later(c.loop, [&] {
    ++pauses;
    c.stream->resume();
  });
  std::size_t at_pause = 0;
  c.session.on_text = [&] {
    CHECK((later.active() ? c.session.text.size() == at_pause : true));
    if (c.session.text.size() == expected.size()) return c.stream->finish(20s);
    at_pause = c.session.text.size();
    c.stream->pause();
    later.start_after(2ms);
  };
  c.run([&] {
    TlsClient client(c.client.get());
    for (std::size_t at = 0; at < expected.size(); at += 700) client.send(expected.substr(at, 700));
    client.read_to_end();
  });
  CHECK(c.session.text == expected);
  CHECK(pauses >= 5);
}

TEST_CASE("a TLS stream may be destroyed inside a call of its handler", "[tls_stream]") {
  Connection c;
  c.session.on_text = [&] {
    c.stream.reset();
    c.loop.stop();
  };
  bool goodbye = false;
  c.run([&] {
    TlsClient client(c.client.get());
    client.send(std::string(10'000, 'x'));
    client.read_to_end();
    goodbye = client.was_told_goodbye();
  });
  CHECK(c.stream == nullptr);
  CHECK_FALSE(c.session.reason);
  CHECK(goodbye);
}

TEST_CASE("a handshake for which the loop has no time goes on in the turns that come, and loses nothing",
          "[tls_stream]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  Connection c(20s, 0, {}, 0us);
  REQUIRE_FALSE(c.turns->open());
  c.session.on_text = [&] {
    if (c.session.text.size() < 40'000) return;
    CHECK(c.stream->write("heard"));
    c.stream->finish(20s);
  };
  std::string answer;
  c.run([&] {
    TlsClient client(c.client.get(), {.version = version});
    client.send(std::string(40'000, 'r'));
    answer = client.read_to_end();
  });
  CHECK(c.session.text == std::string(40'000, 'r'));
  CHECK(answer == "heard");
  CHECK_FALSE(c.failure);
}

TEST_CASE("who leaves while the handshake waits for a turn is gone", "[tls_stream]") {
  Connection c(20s, 0, {}, 0us);
  // Always the first in the queue, so that what has arrived waits behind it.
  std::function<void()> look = [&] {
    if (c.stream->counters().received == 0) return c.turns->wait(look);
    c.stream.reset();
    c.turns->wait([&] { c.loop.stop(); });
  };
  c.turns->wait(look);
  std::string answer;
  c.run([&] {
    REQUIRE(::send(c.client.get(), "\x16\x03\x01\x00\x02hi", 7, 0) == 7);
    answer = raw_to_end(c.client.get());
  });
  CHECK(answer.empty());
  CHECK_FALSE(c.failure);
  CHECK(c.handshakes.begin({}) != nullptr);
}
