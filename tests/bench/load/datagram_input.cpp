#include "tests/bench/load/datagram_input.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <stdexcept>

namespace lectern::bench {
namespace {

constexpr std::size_t datagrams_per_call = 64;
constexpr std::size_t head_size = 64;
constexpr int receive_buffer = 4 * 1024 * 1024;  // as much of it as rmem_max allows
constexpr std::uint16_t first_port = 20000, last_port = 32766;

/// Shared by all inputs: what a call fills is read before the next one.
struct Batch {
  struct alignas(cmsghdr) Control {
    std::array<std::byte, CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(std::uint32_t))> bytes;
  };
  std::array<std::array<std::byte, head_size>, datagrams_per_call> heads;
  std::array<Control, datagrams_per_call> controls;
  std::array<iovec, datagrams_per_call> vectors;
  std::array<mmsghdr, datagrams_per_call> messages;

  Batch() {
    for (std::size_t i = 0; i < datagrams_per_call; ++i) {
      vectors[i] = {heads[i].data(), head_size};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_control = controls[i].bytes.data();
    }
  }
};

Batch& batch() {
  static Batch one;
  return one;
}

server::FileDescriptor bind_port(int family, std::uint16_t port) {
  server::FileDescriptor socket(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
  sockaddr_storage address{};
  address.ss_family = static_cast<sa_family_t>(family);
  socklen_t size = sizeof(sockaddr_in);
  if (family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
    size = sizeof(sockaddr_in6);
  } else {
    reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
  }
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return {};
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RXQ_OVFL, &yes, sizeof yes);
  return socket;
}

}  // namespace

DatagramPair bind_datagram_pair(int family) {
  static std::uint16_t next = first_port;
  for (int attempts = (last_port - first_port) / 2; attempts > 0; --attempts) {
    const std::uint16_t port = next;
    next = static_cast<std::uint16_t>(port + 2 > last_port ? first_port : port + 2);
    DatagramPair pair{bind_port(family, port), {}, port};
    if (!pair.rtp) continue;
    pair.rtcp = bind_port(family, static_cast<std::uint16_t>(port + 1));
    if (pair.rtcp) return pair;
  }
  throw std::runtime_error("no UDP ports are free");
}

DatagramInput::DatagramInput(Poller& poller, server::FileDescriptor socket, StreamCheck* check,
                             Totals& totals)
    : poller_(poller), socket_(std::move(socket)), check_(check), totals_(totals) {
  poller_.add(socket_.get(), *this, false);
}

DatagramInput::~DatagramInput() {
  poller_.remove(socket_.get());
}

void DatagramInput::ready(bool, bool) {
  Batch& b = batch();
  for (mmsghdr& message : b.messages) message.msg_hdr.msg_controllen = sizeof(Batch::Control);
  const int count =
      ::recvmmsg(socket_.get(), b.messages.data(), datagrams_per_call, MSG_DONTWAIT | MSG_TRUNC, nullptr);
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i) {
    msghdr& header = b.messages[i].msg_hdr;
    std::int64_t arrival_us = 0;
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
      if (part->cmsg_level != SOL_SOCKET) continue;
      if (part->cmsg_type == SCM_TIMESTAMPNS) {
        timespec time;
        std::memcpy(&time, CMSG_DATA(part), sizeof time);
        arrival_us = time.tv_sec * 1'000'000 + time.tv_nsec / 1000;
      } else if (part->cmsg_type == SO_RXQ_OVFL) {
        std::memcpy(&drops_, CMSG_DATA(part), sizeof drops_);
      }
    }
    if (arrival_us == 0) arrival_us = now_us();
    const std::size_t size = b.messages[i].msg_len;
    if (check_)
      check_->received(Bytes(b.heads[i]).first(std::min(size, head_size)), size, arrival_us, totals_);
  }
}

}  // namespace lectern::bench
