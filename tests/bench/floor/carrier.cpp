#include "tests/bench/floor/carrier.h"

#include <arpa/inet.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "tests/bench/floor/sender.h"

namespace lectern::bench {

DatagramCarrier::DatagramCarrier(const std::vector<std::uint16_t>& ports) {
  for (const std::uint16_t port : ports) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    address.sin_port = ::htons(port);
    addresses_.push_back(address);
  }
  socket_ = server::FileDescriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int size = 4 * 1024 * 1024;
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

bool DatagramCarrier::send(std::size_t stream, Bytes packets, std::size_t size) {
  // iovec and msghdr have no const; sendmsg only reads.
  iovec vector{const_cast<std::byte*>(packets.data()), packets.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(std::uint16_t))> control{};
  msghdr message{};
  message.msg_name = &addresses_[stream];
  message.msg_namelen = sizeof(sockaddr_in);
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  if (packets.size() > size) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = IPPROTO_UDP;
    part->cmsg_type = UDP_SEGMENT;
    part->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto segment = static_cast<std::uint16_t>(size);
    std::memcpy(CMSG_DATA(part), &segment, sizeof segment);
  }
  return ::sendmsg(socket_.get(), &message, 0) >= 0;
}

InterleavedCarrier::InterleavedCarrier(std::vector<server::FileDescriptor> connections, std::size_t streams)
    : connections_(std::move(connections)), streams_(streams) {}

bool InterleavedCarrier::send(std::size_t stream, Bytes packets, std::size_t size) {
  using Framing = std::array<std::uint8_t, 4>;
  std::array<Framing, packets_per_call> framings;
  std::array<iovec, 2 * packets_per_call> vectors;
  const auto channel = static_cast<std::uint8_t>(2 * (stream % streams_));
  std::size_t count = 0;
  for (; !packets.empty(); ++count) {
    const Bytes packet = packets.first(std::min(packets.size(), size));
    framings[count] = {'$', channel, static_cast<std::uint8_t>(packet.size() >> 8),
                       static_cast<std::uint8_t>(packet.size())};
    vectors[2 * count] = {framings[count].data(), framings[count].size()};
    vectors[2 * count + 1] = {const_cast<std::byte*>(packet.data()), packet.size()};
    packets = packets.subspan(packet.size());
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = 2 * count;
  // It blocks until the whole is taken.
  return ::sendmsg(connections_[stream / streams_].get(), &message, MSG_NOSIGNAL) >= 0;
}

}  // namespace lectern::bench
