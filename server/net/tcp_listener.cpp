#include "server/net/tcp_listener.h"

#include <fcntl.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <exception>

#include "server/loop/event_loop.h"
#include "server/loop/poll.h"
#include "server/net/udp_socket.h"

namespace lectern::server {
namespace {

// The rest waits a turn, so that the sessions of this loop go on in a rush.
constexpr int kAcceptsPerTurn = 64;

FileDescriptor open_reserve() {
  return FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

Result<FileDescriptor> bind_tcp(const Endpoint& local, int backlog) {
  const bool v6 = local.family() == Endpoint::Family::v6;
  FileDescriptor fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd && errno == EAFNOSUPPORT && v6 && local.is_any()) {
    return bind_tcp(Endpoint::any(Endpoint::Family::v4, local.port()), backlog);
  }
  const int on = 1;
  const int only_v6 = local.is_any() ? 0 : 1;
  sockaddr_storage address{};
  const auto size = local.to_sockaddr(address, local.family());
  if (fd) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (v6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6);
  }
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(fd.get(), backlog) != 0) {
    return Error{Errc::io, "cannot listen on TCP " + local.to_string() + ": " + std::strerror(errno)};
  }
  return fd;
}

}  // namespace

struct TcpListener::State : std::enable_shared_from_this<State> {
  State(EventLoop& loop, FileDescriptor fd, Accepted to)
      : accepted(std::move(to)),
        local(local_endpoint(fd.get())),
        poll(std::make_unique<Poll>(loop, std::move(fd), [this](Ready) { on_ready(); })) {
    poll->watch(true, false);
  }

  void on_ready() {
    const auto hold = shared_from_this();  // The callback may destroy the listener.
    for (int i = 0; poll && i < kAcceptsPerTurn; ++i) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      FileDescriptor connection(
          ::accept4(poll->fd(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (connection) {
        ++counters.accepted;
        accepted(std::move(connection), Endpoint::from_sockaddr(peer));
      } else if (errno == EMFILE || errno == ENFILE) {
        if (!refuse_one()) return;
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return;
      } else {
        ++counters.errors;  // accept(2) tells errors of the one connection: the next may be good.
      }
    }
  }

  // A connection that cannot be accepted would keep the descriptor readable, and the loop spinning.
  bool refuse_one() {
    reserve.reset();
    FileDescriptor connection(::accept4(poll->fd(), nullptr, nullptr, SOCK_CLOEXEC));
    const bool took = static_cast<bool>(connection);
    counters.refused += took ? 1 : 0;
    connection.reset();
    reserve = open_reserve();
    return took;
  }

  Accepted accepted;
  Endpoint local;
  ListenerCounters counters;
  FileDescriptor reserve = open_reserve();
  std::unique_ptr<Poll> poll;
};

TcpListener::TcpListener(Private, std::shared_ptr<State> state) : state_(std::move(state)) {}

TcpListener::~TcpListener() {
  state_->poll.reset();
}

Result<std::unique_ptr<TcpListener>> TcpListener::listen(EventLoop& loop, const Endpoint& local,
                                                         Accepted accepted, int backlog) {
  auto fd = bind_tcp(local, backlog);
  if (!fd) return std::move(fd).error();
  try {
    auto state = std::make_shared<State>(loop, std::move(*fd), std::move(accepted));
    return std::make_unique<TcpListener>(Private(), std::move(state));
  } catch (const std::exception& error) {
    return Error{Errc::io, error.what()};
  }
}

const Endpoint& TcpListener::local() const {
  return state_->local;
}

const ListenerCounters& TcpListener::counters() const {
  return state_->counters;
}

}  // namespace lectern::server
