#include "server/net/udp_socket.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "server/loop/event_loop.h"
#include "server/loop/poll.h"

namespace lectern::server {
namespace {

constexpr std::size_t kBatch = 32;
// The rest waits a turn, so that a flood of datagrams does not starve the other sockets.
constexpr int kBatchesPerTurn = 8;

template <typename Value>
bool set_option(int fd, int level, int name, Value value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

}  // namespace

Result<FileDescriptor> bind_udp(const Endpoint& local, UdpBuffers buffers) {
  const bool v6 = local.family() == Endpoint::Family::v6;
  FileDescriptor fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  const auto size = local.to_sockaddr(address, local.family());
  if (fd && v6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, local.is_any() ? 0 : 1);
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    return Error{Errc::io, "cannot bind UDP " + local.to_string() + ": " + std::strerror(errno)};
  }
  // The system clips to its own limits (net.core.rmem_max); that is no error.
  if (buffers.receive > 0) set_option(fd.get(), SOL_SOCKET, SO_RCVBUF, buffers.receive);
  if (buffers.send > 0) set_option(fd.get(), SOL_SOCKET, SO_SNDBUF, buffers.send);
  return fd;
}

Endpoint local_endpoint(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  // A wildcard of an IPv6 socket is no mapped address, so the family stays that of the socket.
  return Endpoint::from_sockaddr(address);
}

bool udp_segmentation_supported() {
  static const bool supported = [] {
    auto receiver = bind_udp(Endpoint::loopback(Endpoint::Family::v4));
    auto sender = bind_udp(Endpoint::loopback(Endpoint::Family::v4));
    if (!receiver || !sender) return false;
    sockaddr_storage to{};
    const auto to_size = local_endpoint(receiver->get()).to_sockaddr(to, Endpoint::Family::v4);
    const timeval patience{0, 100'000};
    set_option(receiver->get(), SOL_SOCKET, SO_RCVTIMEO, patience);
    // Old kernels pass over a control message that they do not know, but refuse the option.
    if (!set_option(sender->get(), IPPROTO_UDP, UDP_SEGMENT, 8)) return false;
    const std::array<char, 16> train{};
    if (::sendto(sender->get(), train.data(), train.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                 to_size) != static_cast<ssize_t>(train.size())) {
      return false;
    }
    std::array<char, 32> segment{};
    return ::recv(receiver->get(), segment.data(), segment.size(), 0) == 8;
  }();
  return supported;
}

struct UdpSocket::State : std::enable_shared_from_this<State> {
  State(EventLoop& loop, FileDescriptor fd, Handler& to, std::size_t max_datagram)
      : handler(to),
        local(local_endpoint(fd.get())),
        slot(max_datagram),
        memory(kBatch * max_datagram),
        poll(std::make_unique<Poll>(loop, std::move(fd), [this](Ready ready) { on_ready(ready); })) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(poll->fd(), reinterpret_cast<sockaddr*>(&address), &size);
    family = address.ss_family == AF_INET6 ? Endpoint::Family::v6 : Endpoint::Family::v4;
    // Without it Linux tells an unconnected socket nothing of ICMP (ip(7)).
    if (family == Endpoint::Family::v6) set_option(poll->fd(), IPPROTO_IPV6, IPV6_RECVERR, 1);
    set_option(poll->fd(), IPPROTO_IP, IP_RECVERR, 1);
    for (std::size_t i = 0; i < kBatch; ++i) {
      vectors[i] = {memory.data() + i * slot, slot};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = &names[i];
    }
    poll->watch(true, false);
  }

  void on_ready(Ready ready) {
    const auto hold = shared_from_this();  // The handler may destroy the socket.
    if (ready.error) read_errors();
    for (int batch = 0; poll && batch < kBatchesPerTurn; ++batch) {
      if (!read_batch()) break;
    }
    if (poll && (ready.writable || ready.error) && on_writable) {
      const auto writable = std::exchange(on_writable, {});
      poll->watch(true, false);
      writable();
    }
  }

  // False where nothing is left for now.
  bool read_batch() {
    for (auto& message : messages) message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    const int count = ::recvmmsg(poll->fd(), messages.data(), kBatch, MSG_DONTWAIT, nullptr);
    // Other errors than EAGAIN are reports of ICMP; the datagrams behind them are read in the next turn.
    if (count <= 0) return false;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count) && poll; ++i) {
      const bool truncated = (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
      ++counters.datagrams;
      counters.bytes += messages[i].msg_len;
      counters.truncated += truncated ? 1 : 0;
      handler.received(Endpoint::from_sockaddr(names[i]), {memory.data() + i * slot, messages[i].msg_len},
                       truncated);
    }
    return static_cast<std::size_t>(count) == kBatch;
  }

  void read_errors() {
    for (std::size_t reports = 0; poll && reports < kBatch; ++reports) {
      sockaddr_storage name{};
      alignas(cmsghdr) std::array<std::byte, 512> control;
      msghdr message{};
      message.msg_name = &name;
      message.msg_namelen = sizeof name;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      if (::recvmsg(poll->fd(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
      for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        const bool v4 = part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR;
        const bool v6 = part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR;
        if (!v4 && !v6) continue;
        sock_extended_err report{};
        std::memcpy(&report, CMSG_DATA(part), sizeof report);
        if (report.ee_origin != SO_EE_ORIGIN_ICMP && report.ee_origin != SO_EE_ORIGIN_ICMP6) continue;
        ++counters.unreachable;
        handler.unreachable(Endpoint::from_sockaddr(name), static_cast<int>(report.ee_errno));
        if (!poll) return;
      }
    }
    // The pending error of the socket itself, which would fail the next call for another peer.
    int pending = 0;
    socklen_t size = sizeof pending;
    if (poll) ::getsockopt(poll->fd(), SOL_SOCKET, SO_ERROR, &pending, &size);
  }

  Handler& handler;
  Endpoint local;
  Endpoint::Family family = Endpoint::Family::v4;
  UdpCounters counters;
  std::function<void()> on_writable;
  std::size_t slot;
  std::vector<std::byte> memory;
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> vectors{};
  std::array<sockaddr_storage, kBatch> names{};
  std::unique_ptr<Poll> poll;
};

UdpSocket::UdpSocket(EventLoop& loop, FileDescriptor fd, Handler& handler, std::size_t max_datagram)
    : state_(std::make_shared<State>(loop, std::move(fd), handler, max_datagram)) {}

UdpSocket::~UdpSocket() {
  state_->poll.reset();
}

int UdpSocket::fd() const {
  return state_->poll->fd();
}

const Endpoint& UdpSocket::local() const {
  return state_->local;
}

Endpoint::Family UdpSocket::family() const {
  return state_->family;
}

const UdpCounters& UdpSocket::counters() const {
  return state_->counters;
}

void UdpSocket::wait_writable(std::function<void()> writable) {
  state_->poll->watch(true, static_cast<bool>(writable));
  state_->on_writable = std::move(writable);
}

}  // namespace lectern::server
