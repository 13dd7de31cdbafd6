#include "tests/bench/load/datagram_input.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <span>
#include <stdexcept>
#include <vector>

namespace lectern::bench {
namespace {

constexpr std::size_t datagrams_per_call = 64;
constexpr std::size_t trains_per_call = 8;
constexpr std::size_t head_size = 64;
constexpr std::size_t train_size = 65'536;
constexpr int receive_buffer = 4 * 1024 * 1024;  // as much of it as rmem_max allows
constexpr std::uint16_t first_port = 20000, last_port = 32766;

/// Shared by all inputs: what a call fills is read before the next one.
class Batch {
 public:
  Batch(std::size_t count, std::size_t size)
      : bytes_(count * size), controls_(count), vectors_(count), messages_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      vectors_[i] = {bytes_.data() + i * size, size};
      messages_[i] = {};
      messages_[i].msg_hdr.msg_iov = &vectors_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_control = controls_[i].bytes.data();
    }
  }
  std::span<mmsghdr> receive(int socket) {
    for (mmsghdr& message : messages_) message.msg_hdr.msg_controllen = sizeof(Control);
    const int count = ::recvmmsg(socket, messages_.data(), static_cast<unsigned>(messages_.size()),
                                 MSG_DONTWAIT | MSG_TRUNC, nullptr);
    return std::span(messages_).first(static_cast<std::size_t>(std::max(count, 0)));
  }

 private:
  struct alignas(cmsghdr) Control {
    std::array<std::byte,
               CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(std::uint32_t)) + CMSG_SPACE(sizeof(int))>
        bytes;
  };
  ByteVector bytes_;
  std::vector<Control> controls_;
  std::vector<iovec> vectors_;
  std::vector<mmsghdr> messages_;
};

Batch& heads() {
  static Batch one(datagrams_per_call, head_size);
  return one;
}
Batch& trains() {
  static Batch one(trains_per_call, train_size);
  return one;
}

template <typename Value>
Value value_of(const cmsghdr& part) {
  Value value;
  std::memcpy(&value, CMSG_DATA(&part), sizeof value);
  return value;
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
                             Totals& totals, bool whole_trains)
    : poller_(poller),
      socket_(std::move(socket)),
      check_(check),
      totals_(totals),
      whole_trains_(whole_trains) {
  const int yes = 1;
  if (whole_trains_ && ::setsockopt(socket_.get(), IPPROTO_UDP, UDP_GRO, &yes, sizeof yes) != 0)
    throw std::runtime_error(std::string("UDP_GRO: ") + std::strerror(errno));
  poller_.add(socket_.get(), *this, false);
}

DatagramInput::~DatagramInput() {
  poller_.remove(socket_.get());
}

void DatagramInput::ready(bool, bool) {
  for (mmsghdr& message : (whole_trains_ ? trains() : heads()).receive(socket_.get())) {
    msghdr& header = message.msg_hdr;
    std::int64_t arrival_us = 0;
    std::size_t size = message.msg_len, each = size;
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
      if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
        const auto time = value_of<timespec>(*part);
        arrival_us = time.tv_sec * 1'000'000 + time.tv_nsec / 1000;
      } else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_RXQ_OVFL) {
        drops_ = value_of<std::uint32_t>(*part);
      } else if (part->cmsg_level == IPPROTO_UDP && part->cmsg_type == UDP_GRO) {
        each = static_cast<std::size_t>(value_of<int>(*part));
      }
    }
    if (arrival_us == 0) arrival_us = now_us();
    if (!check_) continue;
    Bytes left(static_cast<const std::byte*>(header.msg_iov->iov_base),
               std::min(size, header.msg_iov->iov_len));
    do {
      const std::size_t one = std::min(size, each);
      check_->received(left.first(std::min({one, left.size(), head_size})), one, arrival_us, totals_);
      left = left.subspan(std::min(one, left.size()));
      size -= one;
    } while (size > 0);
  }
}

}  // namespace lectern::bench
