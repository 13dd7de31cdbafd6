#include "server/net/datagram_writer.h"

#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>
#include <random>
#include <vector>

#include "server/loop/event_loop.h"
#include "server/loop/timer.h"
#include "server/net/udp_socket.h"

using namespace lectern;
using namespace lectern::server;
using Family = Endpoint::Family;

namespace {

struct NoHandler : UdpSocket::Handler {
  void received(const Endpoint&, Bytes, bool) override {}
};

// A socket of the other side, read without the code that is tested.
class Peer {
 public:
  explicit Peer(Family family)
      : fd_(std::move(*bind_udp(Endpoint::loopback(family), {.receive = 8 << 20}))) {}
  [[nodiscard]] Endpoint endpoint() const { return local_endpoint(fd_.get()); }
  // The sender of the last datagram that has arrived.
  Endpoint read_from() {
    sockaddr_storage from{};
    pollfd readable{fd_.get(), POLLIN, 0};
    while (::poll(&readable, 1, 50) > 0) {
      socklen_t size = sizeof from;
      ::recvfrom(fd_.get(), nullptr, 0, MSG_TRUNC, reinterpret_cast<sockaddr*>(&from), &size);
    }
    return Endpoint::from_sockaddr(from);
  }
  std::vector<ByteVector> read_all() {
    std::vector<ByteVector> datagrams;
    pollfd readable{fd_.get(), POLLIN, 0};
    while (::poll(&readable, 1, 50) > 0) {
      ByteVector datagram(65536);
      const auto size = ::recv(fd_.get(), datagram.data(), datagram.size(), 0);
      if (size < 0) break;
      datagram.resize(static_cast<std::size_t>(size));
      datagrams.push_back(std::move(datagram));
    }
    return datagrams;
  }

 private:
  FileDescriptor fd_;
};

struct Sender {
  explicit Sender(Family family, DatagramWriter::Options options = {})
      : socket(loop, std::move(*bind_udp(Endpoint::loopback(family))), handler),
        writer(loop, socket, std::move(options)) {}
  EventLoop loop;
  NoHandler handler;
  UdpSocket socket;
  DatagramWriter writer;
};

// Stands in for sendmmsg(2) on a socket that takes `room` messages more.
auto kernel_with(int& room) {
  return [&room](int fd, mmsghdr* messages, unsigned count, int flags) {
    if (room == 0) {
      errno = EAGAIN;
      return -1;
    }
    const auto sent = ::sendmmsg(fd, messages, std::min(count, static_cast<unsigned>(room)), flags);
    room -= sent;
    return sent;
  };
}

DatagramWriter::Header header_of(std::uint32_t number) {
  DatagramWriter::Header header{};
  header[0] = std::byte{0x80};
  for (std::size_t i = 0; i < 4; ++i) header[4 + i] = static_cast<std::byte>(number >> (24 - 8 * i));
  return header;
}

ByteVector payload_of(std::uint32_t number, std::size_t size) {
  ByteVector payload(size);
  for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<std::byte>(number * 31 + i * 7);
  return payload;
}

// Pushes datagrams of these payload sizes and gives what must arrive.
class Script {
 public:
  void push(DatagramWriter& writer, const Endpoint& to, std::size_t size) {
    const auto number = static_cast<std::uint32_t>(payloads_.size());
    payloads_.push_back(payload_of(number, size));
    const auto header = header_of(number);
    writer.push(to, header, payloads_.back());
    ByteVector whole(header.begin(), header.end());
    whole.insert(whole.end(), payloads_.back().begin(), payloads_.back().end());
    expected.push_back(std::move(whole));
  }
  void spoil() {
    for (auto& payload : payloads_) std::ranges::fill(payload, std::byte{0xee});
  }
  std::vector<ByteVector> expected;

 private:
  std::vector<ByteVector> payloads_;
};

}  // namespace

TEST_CASE("a frame leaves as one train and arrives as its packets", "[writer]") {
  if (!udp_segmentation_supported()) return;
  const auto family = GENERATE(Family::v4, Family::v6);
  Sender sender(family);
  Peer peer(family);
  Script script;
  for (int i = 0; i < 19; ++i) script.push(sender.writer, peer.endpoint(), 1200);
  script.push(sender.writer, peer.endpoint(), 77);
  CHECK(sender.writer.queued() == 20);
  sender.writer.flush();
  CHECK(sender.writer.queued() == 0);
  CHECK(peer.read_all() == script.expected);
  CHECK(sender.writer.counters().packets == 20);
  CHECK(sender.writer.counters().bytes == 19 * 1212 + 89);
  CHECK(sender.writer.counters().syscalls == 1);
  CHECK(sender.writer.counters().trains == 1);
}

TEST_CASE("an IPv4 peer of a dual-stack socket gets its train", "[writer]") {
  EventLoop loop;
  NoHandler handler;
  UdpSocket socket(loop, std::move(*bind_udp(Endpoint::any(Family::v6))), handler);
  DatagramWriter writer(loop, socket);
  Peer peer(Family::v4);
  Script script;
  for (int i = 0; i < 5; ++i) script.push(writer, peer.endpoint(), 500);
  writer.flush();
  CHECK(peer.read_all() == script.expected);
}

TEST_CASE("datagrams leave with the source that their receiver was given", "[writer]") {
  const bool dual = GENERATE(false, true);
  EventLoop loop;
  NoHandler handler;
  UdpSocket socket(loop, std::move(*bind_udp(Endpoint::any(dual ? Family::v6 : Family::v4))), handler);
  DatagramWriter writer(loop, socket);
  Peer peer(Family::v4), other(Family::v4);
  writer.set_source(peer.endpoint(), Endpoint::parse("127.0.0.2:8554").value());
  const auto source_of = [&](Peer& to) {
    for (int i = 0; i < 3; ++i) writer.push(to.endpoint(), header_of(1), {});
    writer.flush();
    CHECK(writer.counters().errors == 0);
    return to.read_from();
  };
  CHECK(source_of(peer).host() == "127.0.0.2");
  CHECK(source_of(other).host() == "127.0.0.1");
  writer.forget_source(peer.endpoint());
  CHECK(source_of(peer).host() == "127.0.0.1");
}

TEST_CASE("mixed sizes and peers arrive in order, with trains and without", "[writer]") {
  const bool segmentation = GENERATE(true, false);
  const auto family = GENERATE(Family::v4, Family::v6);
  Sender sender(family, {.segmentation = segmentation});
  Peer a(family), b(family);
  Script to_a, to_b;
  std::mt19937 random(42);
  for (int i = 0; i < 600; ++i) {
    const std::size_t size = random() % 4 == 0 ? random() % 3000 : 1000;
    if (random() % 8 == 0) {
      to_b.push(sender.writer, b.endpoint(), size);
    } else {
      to_a.push(sender.writer, a.endpoint(), size);
    }
  }
  sender.writer.flush();
  CHECK(a.read_all() == to_a.expected);
  CHECK(b.read_all() == to_b.expected);
  CHECK(sender.writer.counters().packets == 600);
  CHECK(sender.writer.counters().drops + sender.writer.counters().errors == 0);
  if (!segmentation) CHECK(sender.writer.counters().trains == 0);
}

TEST_CASE("trains keep to 64 segments and 65000 bytes", "[writer]") {
  if (!udp_segmentation_supported()) return;
  Sender sender(Family::v4);
  Peer peer(Family::v4);
  Script script;
  for (int i = 0; i < 130; ++i) script.push(sender.writer, peer.endpoint(), 100);
  sender.writer.flush();
  CHECK(sender.writer.counters().trains == 3);  // 64, 64, 2
  for (int i = 0; i < 100; ++i) script.push(sender.writer, peer.endpoint(), 1400);
  sender.writer.flush();
  CHECK(sender.writer.counters().trains == 3 + 3);  // 46, 46, 8
  script.push(sender.writer, peer.endpoint(), DatagramWriter::kMaxDatagram - 12);
  sender.writer.push(peer.endpoint(), header_of(0), ByteVector(DatagramWriter::kMaxDatagram - 11));
  CHECK(sender.writer.counters().errors == 1);
  CHECK(sender.writer.stage(peer.endpoint(), DatagramWriter::kMaxDatagram + 1).empty());
  sender.writer.flush();
  CHECK(peer.read_all() == script.expected);
}

TEST_CASE("staged bytes join the train", "[writer]") {
  Sender sender(Family::v4);
  Peer peer(Family::v4);
  std::vector<ByteVector> expected;
  for (std::uint32_t i = 0; i < 300; ++i) {
    expected.push_back(payload_of(i, 1000));
    const auto memory = sender.writer.stage(peer.endpoint(), 1000);
    REQUIRE(memory.size() == 1000);
    std::ranges::copy(expected.back(), memory.begin());
  }
  // What is staged leaves while it is in the processor's cache: 131 packets of it are 128 KiB.
  CHECK(sender.writer.queued() == 300 - 2 * 131);
  CHECK(sender.writer.counters().trains == 2 * 3);
  sender.writer.flush();
  CHECK(peer.read_all() == expected);
}

TEST_CASE("what is taken back is not sent, and its neighbours are", "[writer]") {
  Sender sender(Family::v4);
  Peer peer(Family::v4);
  std::vector<ByteVector> expected;
  for (std::uint32_t i = 0; i < 6; ++i) {
    const auto payload = payload_of(i, 700);
    std::ranges::copy(payload, sender.writer.stage(peer.endpoint(), 700).begin());
    if (i % 3 == 1)
      sender.writer.take_back();
    else
      expected.push_back(payload);
  }
  CHECK(sender.writer.queued() == 4);
  sender.writer.flush();
  CHECK(peer.read_all() == expected);
}

TEST_CASE("the end of the turn flushes", "[writer]") {
  Sender sender(Family::v4);
  Peer peer(Family::v4);
  Script script;
  sender.loop.post([&] {
    for (int i = 0; i < 3; ++i) script.push(sender.writer, peer.endpoint(), 50);
    CHECK(sender.writer.counters().packets == 0);
    sender.loop.stop();
  });
  sender.loop.run();
  CHECK(sender.writer.counters().packets == 3);
  CHECK(peer.read_all() == script.expected);
}

TEST_CASE("a writer that ends before the turn does not send", "[writer]") {
  EventLoop loop;
  NoHandler handler;
  UdpSocket socket(loop, std::move(*bind_udp(Endpoint::loopback(Family::v4))), handler);
  Peer peer(Family::v4);
  auto writer = std::make_unique<DatagramWriter>(loop, socket);
  writer->push(peer.endpoint(), header_of(1), {});
  writer.reset();
  loop.stop();
  loop.run();
  CHECK(peer.read_all().empty());
}

TEST_CASE("a peer whose trains are refused gets single packets, for a while, and no other peer does",
          "[writer]") {
  if (!udp_segmentation_supported()) return;
  const int refusal = GENERATE(EINVAL, EMSGSIZE, EIO, ENOPROTOOPT, EOPNOTSUPP);
  Peer narrow(Family::v4), wide(Family::v4);
  const auto port = htons(narrow.endpoint().port());
  Sender sender(Family::v4, {.send = [&](int fd, mmsghdr* messages, unsigned count, int flags) {
                  for (unsigned i = 0; i < count; ++i) {
                    const auto& head = messages[i].msg_hdr;
                    const auto* to = static_cast<const sockaddr_in*>(head.msg_name);
                    if (head.msg_controllen == 0 || to->sin_port != port) continue;
                    if (i > 0) return ::sendmmsg(fd, messages, i, flags);
                    errno = refusal;
                    return -1;
                  }
                  return ::sendmmsg(fd, messages, count, flags);
                }});
  Script to_narrow, to_wide;
  constexpr int rounds = 20;  // longer ago, the sixteenth refusal in a row ended all trains for good
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < 10; ++i) to_narrow.push(sender.writer, narrow.endpoint(), 900);
    sender.writer.flush();
    for (int i = 0; i < 10; ++i) to_wide.push(sender.writer, wide.endpoint(), 900);
    sender.writer.flush();
  }
  CHECK(narrow.read_all() == to_narrow.expected);
  CHECK(wide.read_all() == to_wide.expected);
  CHECK(sender.writer.counters().refused_trains == 1);
  CHECK(sender.writer.counters().trains == rounds);
  CHECK(sender.writer.counters().packets == 2 * 10 * rounds);
  CHECK(sender.writer.counters().bytes == 2 * 10 * rounds * 912);
}

TEST_CASE("what a full socket does not take is copied, sent later in order, and dropped over the limit",
          "[writer]") {
  int room = 3;  // messages the kernel takes
  Sender sender(Family::v4, {.segmentation = false,
                             .backlog_bytes = 20 * 112,
                             .backlog_time = std::chrono::minutes(1),
                             .send = kernel_with(room)});
  Peer peer(Family::v4);
  Script script;
  for (int i = 0; i < 10; ++i) script.push(sender.writer, peer.endpoint(), 100);
  sender.writer.flush();
  CHECK(sender.writer.backlog_bytes() == 7 * 112);
  room = 5;
  // There is room now, but these wait behind the others.
  for (int i = 0; i < 15; ++i) script.push(sender.writer, peer.endpoint(), 100);
  sender.writer.flush();
  CHECK(sender.writer.backlog_bytes() == 20 * 112);
  CHECK(sender.writer.counters().drops == 2);
  script.spoil();
  Timer later(sender.loop, [&] {
    if (sender.writer.backlog_bytes() > 0) {
      room += 5;
    } else {
      sender.loop.stop();
    }
  });
  later.start_every(std::chrono::milliseconds(2));
  sender.loop.run();
  script.expected.resize(23);
  CHECK(peer.read_all() == script.expected);
  CHECK(sender.writer.counters().packets == 23);
  room = 1;
  script.push(sender.writer, peer.endpoint(), 100);
  sender.writer.flush();
  CHECK(peer.read_all().size() == 1);
}

TEST_CASE("what is to be said behind packets waits until these have left, and no longer", "[writer]") {
  int room = 0;
  Sender sender(Family::v4,
                {.segmentation = false, .backlog_time = std::chrono::minutes(1), .send = kernel_with(room)});
  Peer peer(Family::v4);
  Script script;
  for (int i = 0; i < 4; ++i) script.push(sender.writer, peer.endpoint(), 100);
  std::uint64_t sent_then = 0;
  sender.writer.when_left([&] { sent_then = sender.writer.counters().packets; });
  for (int i = 0; i < 4; ++i) script.push(sender.writer, peer.endpoint(), 100);
  CHECK(sent_then == 0);
  script.spoil();
  Timer later(sender.loop, [&] {
    ++room;
    if (sender.writer.counters().packets == 8) sender.loop.stop();
  });
  later.start_every(std::chrono::milliseconds(2));
  sender.loop.run();
  CHECK(sent_then == 4);
  bool at_once = false;
  sender.writer.when_left([&] { at_once = true; });
  CHECK(at_once);
}

TEST_CASE("what has waited too long is void and not sent", "[writer]") {
  bool full = true;
  Sender sender(Family::v4, {.backlog_bytes = 10 * 112,
                             .backlog_time = std::chrono::milliseconds(30),
                             .send = [&](int fd, mmsghdr* messages, unsigned count, int flags) {
                               if (!full) return ::sendmmsg(fd, messages, count, flags);
                               errno = EAGAIN;
                               return -1;
                             }});
  Peer peer(Family::v4);
  Script old, fresh;
  for (int i = 0; i < 10; ++i) old.push(sender.writer, peer.endpoint(), 100);
  sender.writer.flush();
  ::poll(nullptr, 0, 40);
  // The old ones leave no room, and are no use.
  for (int i = 0; i < 10; ++i) fresh.push(sender.writer, peer.endpoint(), 90);
  sender.writer.flush();
  CHECK(sender.writer.counters().drops == 10);
  CHECK(sender.writer.backlog_bytes() == 10 * 102);
  full = false;
  Timer later(sender.loop, [&] {
    if (sender.writer.backlog_bytes() == 0) sender.loop.stop();
  });
  later.start_every(std::chrono::milliseconds(1));
  sender.loop.run();
  const auto arrived = peer.read_all();
  CHECK(arrived.size() + sender.writer.counters().drops == 20);  // a busy machine may be late for these, too
  CHECK(std::ranges::none_of(arrived, [&](const auto& datagram) {
    return std::ranges::find(old.expected, datagram) != old.expected.end();
  }));
}

TEST_CASE("a peer that is gone costs the others nothing", "[writer]") {
  Sender sender(Family::v4, {.segmentation = false});
  Peer peer(Family::v4);
  const auto nobody = Peer(Family::v4).endpoint();
  Script script;
  for (int i = 0; i < 10; ++i) {
    sender.writer.push(nobody, header_of(0), {});
    sender.writer.flush();
    script.push(sender.writer, peer.endpoint(), 100);
    sender.writer.flush();
  }
  CHECK(peer.read_all() == script.expected);
  // No IPv6 on an IPv4 socket: that datagram is lost, the next is not.
  sender.writer.push(Endpoint::loopback(Family::v6, 9), header_of(0), {});
  sender.writer.push(peer.endpoint(), header_of(1), {});
  sender.writer.flush();
  CHECK(peer.read_all().size() == 1);
  CHECK(sender.writer.counters().errors == 1);
}

// Run by its tag: the cost of a packet with trains and without.
TEST_CASE("the cost of sending a packet", "[.bench-writer]") {
  for (const bool segmentation : {true, false}) {
    Sender sender(Family::v4, {.segmentation = segmentation});
    Peer peer(Family::v4);
    const auto payload = payload_of(1, 1200);
    constexpr int kFrames = 20000;
    timespec start{}, end{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    for (int frame = 0; frame < kFrames; ++frame) {
      for (std::uint32_t i = 0; i < 20; ++i) sender.writer.push(peer.endpoint(), header_of(i), payload);
      sender.writer.flush();
    }
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    const auto ns = static_cast<double>(end.tv_sec - start.tv_sec) * 1e9 +
                    static_cast<double>(end.tv_nsec - start.tv_nsec);
    std::cout << (segmentation ? "UDP_SEGMENT " : "sendmmsg    ") << ns / (kFrames * 20.0)
              << " ns a packet\n";
    CHECK(sender.writer.counters().packets == kFrames * 20);
  }
}
