#include "server/net/tcp_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "server/loop/event_loop.h"
#include "server/loop/poll.h"
#include "server/loop/timer.h"
#include "server/net/udp_socket.h"

namespace lectern::server {
namespace {

// The rest waits a turn, so that one fast peer does not starve the others.
constexpr int kReadsPerTurn = 8;
constexpr std::size_t kPacketsPerCall = 128;
// Kept when all was sent: the rest of a cut packet fits, and slow viewers have one often.
constexpr std::size_t kSpareQueue = 4096;

Endpoint peer_endpoint(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return Endpoint::from_sockaddr(address);
}

void set_options(int fd, const TcpStream::Options& options) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!options.keepalive) return;
  const int idle_s = 60;
  const int interval_s = 15;
  const int probes = 4;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

}  // namespace

struct TcpStream::State : std::enable_shared_from_this<State> {
  State(EventLoop& on, FileDescriptor fd, Options given)
      : loop(on),
        options(given),
        local(local_endpoint(fd.get())),
        peer(given.peer ? *given.peer : peer_endpoint(fd.get())),
        poll(std::make_unique<Poll>(on, std::move(fd), [this](Ready ready) { on_ready(ready); })) {
    set_options(poll->fd(), options);
  }

  [[nodiscard]] bool open() const { return poll != nullptr; }
  [[nodiscard]] std::size_t queued() const { return queue.size() - queue_sent; }

  void watch() {
    if (open()) poll->watch(reading && handler != nullptr, blocked);
  }

  void on_ready(Ready ready) {
    const auto hold = shared_from_this();  // The handler may destroy the stream.
    if (ready.writable || (ready.error && blocked)) on_writable();
    if (ready.readable || ready.error) on_readable();
    if (ready.error && open() && (!reading || handler == nullptr)) close(CloseReason::error, socket_error());
  }

  void on_readable() {
    for (int i = 0; i < kReadsPerTurn && open() && reading && handler != nullptr; ++i) {
      std::array<std::byte, 4096> unwanted;
      const MutableBytes to = finishing ? MutableBytes(unwanted) : handler->writable();
      if (!open()) return;
      assert(!to.empty());
      const auto size = ::recv(poll->fd(), to.data(), to.size(), MSG_DONTWAIT);
      if (size == 0) return on_peer_end();
      if (size < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return;
        return close(CloseReason::error, errno);
      }
      counters.received += static_cast<std::uint64_t>(size);
      if (!finishing) handler->committed(static_cast<std::size_t>(size));
      if (static_cast<std::size_t>(size) < to.size()) return;
    }
  }

  void on_peer_end() {
    if (!finishing) return close(CloseReason::peer, 0);
    if (!blocked) return close(CloseReason::finished, 0);
    // A peer that has ended its side may still read the rest.
    peer_ended = true;
    reading = false;
    watch();
  }

  void on_writable() {
    if (queued() > 0) {
      iovec vector{queue.data() + queue_sent, queued()};
      queue_sent += send({&vector, 1});
      if (!open() || queued() > 0) return;
      queue.clear();
      if (queue.capacity() > kSpareQueue) queue = ByteVector();
      queue_sent = 0;
    }
    blocked = failed;
    watch();
    if (finishing) {
      ::shutdown(poll->fd(), SHUT_WR);
      if (peer_ended) close(CloseReason::finished, 0);
    } else if (handler != nullptr && !failed) {
      handler->drained();
    }
  }

  // What the kernel takes. A failure is told at the end of the turn, for the caller may be amid its own work.
  std::size_t send(std::span<const iovec> vectors) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(vectors.data());  // msghdr has no const; sendmsg only reads.
    message.msg_iovlen = vectors.size();
    ssize_t size = 0;
    do {
      size = ::sendmsg(poll->fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      ++counters.syscalls;
    } while (size < 0 && errno == EINTR);
    if (size >= 0) {
      counters.sent += static_cast<std::uint64_t>(size);
      return static_cast<std::size_t>(size);
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS) fail(errno);
    return 0;
  }

  void keep(Bytes rest) {
    if (queue_sent > 0 && queue_sent >= queue.size() / 2) {
      queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(queue_sent));
      queue_sent = 0;
    }
    queue.insert(queue.end(), rest.begin(), rest.end());
  }

  void block() {
    blocked = true;
    watch();
  }

  void fail(int error) {
    if (failed) return;
    loop.defer([weak = weak_from_this(), error] {
      if (const auto self = weak.lock()) self->close(CloseReason::error, error);
    });
    failed = true;
  }

  void close(CloseReason reason, int error) {
    if (!open()) return;
    poll.reset();
    deadline.reset();
    const auto hold = shared_from_this();
    if (handler != nullptr) std::exchange(handler, nullptr)->closed(reason, error);
  }

  [[nodiscard]] int socket_error() const {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(poll->fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error != 0 ? error : ECONNRESET;
  }

  EventLoop& loop;
  Options options;
  Endpoint local, peer;
  StreamCounters counters;
  Handler* handler = nullptr;
  bool reading = true;
  bool blocked = false;  // the kernel has not taken all; until it is writable again
  bool finishing = false;
  bool peer_ended = false;
  bool failed = false;
  ByteVector queue;
  std::size_t queue_sent = 0;
  std::unique_ptr<Timer> deadline;
  std::unique_ptr<Poll> poll;
};

TcpStream::TcpStream(EventLoop& loop, FileDescriptor connection)
    : TcpStream(loop, std::move(connection), Options()) {}

TcpStream::TcpStream(EventLoop& loop, FileDescriptor connection, Options options)
    : state_(std::make_shared<State>(loop, std::move(connection), options)) {}

TcpStream::~TcpStream() {
  state_->handler = nullptr;
  state_->poll.reset();
  state_->deadline.reset();
}

void TcpStream::start(Handler& handler) {
  state_->handler = &handler;
  state_->watch();
}

void TcpStream::set_handler(Handler& handler) {
  state_->handler = &handler;
}

void TcpStream::pause() {
  if (state_->finishing) return;
  state_->reading = false;
  state_->watch();
}

void TcpStream::resume() {
  state_->reading = true;
  state_->watch();
}

bool TcpStream::write(Bytes bytes) {
  auto& s = *state_;
  if (!s.open() || s.finishing || s.failed) return false;
  if (!s.blocked) {
    const iovec vector{const_cast<std::byte*>(bytes.data()), bytes.size()};
    bytes = bytes.subspan(s.send({&vector, 1}));
  }
  if (s.failed || bytes.empty()) return !s.failed;
  if (s.queued() + bytes.size() > s.options.max_queued) {
    s.fail(ENOBUFS);
    return false;
  }
  s.keep(bytes);
  s.block();
  return true;
}

std::size_t TcpStream::write_packets(std::span<const Gathered> packets) {
  auto& s = *state_;
  std::size_t accepted = 0;
  std::array<iovec, 2 * kPacketsPerCall> vectors;
  while (accepted < packets.size() && writable()) {
    const auto chunk = packets.subspan(accepted, std::min(kPacketsPerCall, packets.size() - accepted));
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      vectors[2 * i] = {const_cast<std::byte*>(chunk[i].header.data()), chunk[i].header.size()};
      vectors[2 * i + 1] = {const_cast<std::byte*>(chunk[i].payload.data()), chunk[i].payload.size()};
    }
    auto taken = s.send(std::span(vectors).first(2 * chunk.size()));
    std::size_t whole = 0;
    while (whole < chunk.size() && taken >= chunk[whole].size()) taken -= chunk[whole++].size();
    accepted += whole;
    if (whole == chunk.size()) continue;
    if (taken > 0) {
      const auto& cut = chunk[whole];
      if (taken < cut.header.size()) s.keep(Bytes(cut.header).subspan(taken));
      s.keep(cut.payload.subspan(taken - std::min(taken, cut.header.size())));
      ++s.counters.cuts;
      ++accepted;
    }
    if (!s.failed) s.block();
  }
  return accepted;
}

bool TcpStream::writable() const {
  return state_->open() && !state_->blocked && !state_->finishing && !state_->failed;
}

std::size_t TcpStream::queued_bytes() const {
  return state_->queued();
}

void TcpStream::finish(std::chrono::milliseconds deadline) {
  auto& s = *state_;
  if (!s.open() || s.finishing) return;
  s.finishing = true;
  s.reading = true;
  if (!s.blocked) ::shutdown(s.poll->fd(), SHUT_WR);
  s.watch();
  s.deadline = std::make_unique<Timer>(s.loop, [state = state_.get()] {
    const auto hold = state->shared_from_this();
    state->close(CloseReason::timed_out, 0);
  });
  s.deadline->start_after(deadline);
}

const Endpoint& TcpStream::local() const {
  return state_->local;
}

const Endpoint& TcpStream::peer() const {
  return state_->peer;
}

const StreamCounters& TcpStream::counters() const {
  return state_->counters;
}

}  // namespace lectern::server
