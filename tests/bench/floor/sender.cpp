#include "tests/bench/floor/sender.h"

#include <arpa/inet.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "protocol/rtp/header.h"

namespace lectern::bench {
namespace {

constexpr std::size_t packets_per_call = 32;
constexpr std::size_t largest_protected = packet_size + 64;
constexpr std::int64_t second = 1'000'000;

}  // namespace

Sender::Sender(std::vector<Recording> recordings, const std::vector<std::uint16_t>& ports, bool random_places,
               double seconds, std::optional<srtp::Suite> suite)
    : recordings_(std::move(recordings)) {
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

  protected_.resize(packets_per_call * largest_protected);
  for (std::size_t i = 0; suite && i < addresses_.size(); ++i) {
    ByteVector key(srtp::key_and_salt_size(*suite), std::byte{7});
    key[0] = static_cast<std::byte>(i);
    key[1] = static_cast<std::byte>(i >> 8);
    streams_.push_back(
        {srtp::Session::create(srtp::Direction::outbound, *suite, srtp::MasterKey::create(key).value())
             .value()});
  }

  std::mt19937 random(1);
  for (std::size_t address = 0; address < addresses_.size();) {
    const Recording& recording = recordings_[viewers_.size() % recordings_.size()];
    Viewer viewer{&recording, 0, 0, address};
    if (random_places) {
      const double last = static_cast<double>(recording.units.back().due_us) - seconds * second;
      const double place = std::uniform_real_distribution(0.0, std::max(last, 1.0))(random);
      while (static_cast<double>(recording.units[viewer.next].due_us) < place) ++viewer.next;
      viewer.shift_us = -recording.units[viewer.next].due_us;
    }
    viewers_.push_back(viewer);
    address += recording.streams;
  }
  for (std::size_t i = 0; i < viewers_.size(); ++i)
    viewers_[i].shift_us +=
        second * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(viewers_.size());
}

void Sender::send_due(std::int64_t time_us) {
  for (Viewer& viewer : viewers_) {
    const std::vector<TimedUnit>& units = viewer.recording->units;
    for (; viewer.next < units.size() && units[viewer.next].due_us + viewer.shift_us <= time_us;
         ++viewer.next) {
      const TimedUnit& unit = units[viewer.next];
      Bytes packets = viewer.recording->packets(unit);
      while (!packets.empty()) {
        const std::size_t size = std::min(packets.size(), packets_per_call * packet_size);
        const std::size_t address = viewer.first_address + unit.stream;
        if (streams_.empty())
          send_train(addresses_[address], packets.first(size), packet_size);
        else
          send_train(addresses_[address], protect_train(packets.first(size), streams_[address]),
                     packet_size + streams_[address].session.rtp_overhead());
        packets = packets.subspan(size);
      }
    }
  }
}

Bytes Sender::protect_train(Bytes packets, Stream& stream) {
  std::size_t used = 0;
  for (; !packets.empty(); packets = packets.subspan(std::min(packets.size(), packet_size))) {
    const Bytes packet = packets.first(std::min(packets.size(), packet_size));
    const MutableBytes to = MutableBytes(protected_).subspan(used);
    std::ranges::copy(packet, to.begin());
    if (packet.size() >= rtp::header_size)
      rtp::write_header({false, 96, stream.sequence++, 0, 7}, to.first<rtp::header_size>());
    const auto size = stream.session.protect_rtp(to, packet.size());
    if (!size) ++failures_;
    used += size ? *size : packet.size();
  }
  return Bytes(protected_).first(used);
}

void Sender::send_train(const sockaddr_in& to, Bytes packets, std::size_t size) {
  // iovec and msghdr have no const; sendmsg only reads.
  iovec vector{const_cast<std::byte*>(packets.data()), packets.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(std::uint16_t))> control{};
  msghdr message{};
  message.msg_name = const_cast<sockaddr_in*>(&to);
  message.msg_namelen = sizeof to;
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
  if (::sendmsg(socket_.get(), &message, 0) < 0)
    ++failures_;
  else
    packets_ += (packets.size() + size - 1) / size;
}

}  // namespace lectern::bench
