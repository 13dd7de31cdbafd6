#include "tests/floods/flood.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <random>
#include <stdexcept>

namespace lectern::test {
namespace {

using namespace std::chrono_literals;

constexpr milliseconds tick_period{20};
/// A loopback connection that is not made by then was passed over by the kernel: it asks again.
constexpr auto patience = 10s;
constexpr std::size_t sources = 4000;

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

SSL_CTX& context() {
  static const std::unique_ptr<SSL_CTX, Free> shared(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_mode(shared.get(), SSL_MODE_RELEASE_BUFFERS);
  return *shared;
}

bool wants_more(SSL* ssl, int done) {
  const int error = SSL_get_error(ssl, done);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

}  // namespace

struct Flood::Peer {
  std::size_t index = 0;
  Socket socket{};
  std::unique_ptr<SSL, Free> ssl{};
  bool up = false, handshaken = false, has_heard = false;
  std::size_t said = 0;     ///< of what it says
  std::size_t dripped = 0;  ///< of what it drips
  Clock::time_point begun{}, last_drip{};
  std::string partial{};  ///< of an answer
  std::uint64_t answers = 0;
};

Flood::Flood(const ServerProcess& server, Behaviour behaviour, std::size_t connections, double per_second)
    : behaviour_(std::move(behaviour)),
      host_(server.host()),
      per_second_(per_second),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      ticked_(Clock::now()) {
  for (std::size_t i = 0; i < connections; ++i) {
    peers_.push_back(std::make_unique<Peer>());
    peers_.back()->index = i;
    waiting_.push_back(connections - 1 - i);
  }
}

Flood::~Flood() {
  end();
}

std::string Flood::next_source() {
  const std::uint32_t number = source_++ % sources;
  if (!behaviour_.many_addresses) return "127.1.0.1";
  return "127.1." + std::to_string(1 + number / 250) + "." + std::to_string(1 + number % 250);
}

void Flood::begin(Peer& peer) {
  peer.socket = Socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!peer.socket) throw std::runtime_error(std::string("a flood's socket: ") + std::strerror(errno));
  const linger abort{1, 0};
  const int yes = 1, small = 4096;
  ::setsockopt(peer.socket.fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  // The port is chosen by connect(), which knows that only the pair of addresses must be free.
  ::setsockopt(peer.socket.fd(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  if (!behaviour_.reads) ::setsockopt(peer.socket.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  const auto own = Address::of(next_source(), 0), to = Address::of(host_, behaviour_.port);
  if (::bind(peer.socket.fd(), own.raw(), own.size) != 0 ||
      (::connect(peer.socket.fd(), to.raw(), to.size) != 0 && errno != EINPROGRESS)) {
    peer.socket.reset();
    waiting_.insert(waiting_.begin(), peer.index);
    return;
  }
  ++counts_.begun;
  peer.begun = Clock::now();
  epoll_event event{};
  event.events = EPOLLOUT | (behaviour_.reads || behaviour_.tls ? EPOLLIN : 0u);
  event.data.ptr = &peer;
  ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, peer.socket.fd(), &event);
}

void Flood::lose(Peer& peer, bool by_server) {
  if (peer.up) --counts_.held;
  if (peer.has_heard) --counts_.heard;
  if (by_server) ++counts_.closed;
  const std::size_t index = peer.index;
  peer = Peer();
  peer.index = index;
  waiting_.insert(waiting_.begin(), index);
}

void Flood::connected(Peer& peer) {
  if (!peer.up) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(peer.socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return lose(peer, true);
    peer.up = true;
    ++counts_.held;
    peer.last_drip = Clock::now();
  }
  if (!behaviour_.tls || peer.handshaken) return say(peer);
  if (!peer.ssl) {
    peer.ssl.reset(SSL_new(&context()));
    SSL_set_fd(peer.ssl.get(), peer.socket.fd());
    SSL_set_connect_state(peer.ssl.get());
  }
  ERR_clear_error();
  const int done = SSL_do_handshake(peer.ssl.get());
  if (done != 1 && !wants_more(peer.ssl.get(), done)) return lose(peer, true);
  if (done != 1) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &peer;
    ::epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, peer.socket.fd(), &event);
    return;
  }
  peer.handshaken = true;
  say(peer);
}

void Flood::say(Peer& peer) {
  const std::string_view rest = std::string_view(behaviour_.says).substr(peer.said);
  if (!rest.empty()) {
    std::size_t sent = 0;
    if (peer.ssl) {
      SSL_write_ex(peer.ssl.get(), rest.data(), rest.size(), &sent);
    } else {
      const auto done = ::send(peer.socket.fd(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (done < 0 && errno != EAGAIN) return lose(peer, true);
      sent = static_cast<std::size_t>(std::max<ssize_t>(done, 0));
    }
    peer.said += sent;
    if (peer.said < behaviour_.says.size()) return;  // told again once it is writable
  }
  if (!behaviour_.stays && !behaviour_.awaits) return lose(peer, false);
  epoll_event event{};
  event.events = behaviour_.reads ? EPOLLIN : 0u;  // EPOLLHUP and EPOLLERR always come
  event.data.ptr = &peer;
  ::epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, peer.socket.fd(), &event);
}

bool Flood::hear(Peer& peer) {
  static std::array<char, 64 * 1024> buffer;
  for (;;) {
    std::size_t size = 0;
    if (peer.ssl) {
      ERR_clear_error();
      const int done = SSL_read_ex(peer.ssl.get(), buffer.data(), buffer.size(), &size);
      if (done != 1) return wants_more(peer.ssl.get(), done);
    } else {
      const auto got = ::recv(peer.socket.fd(), buffer.data(), buffer.size(), 0);
      if (got <= 0) return got < 0 && errno == EAGAIN;
      size = static_cast<std::size_t>(got);
    }
    heard(peer, {buffer.data(), size});
    if (!peer.ssl && size < buffer.size()) return true;
  }
}

void Flood::heard(Peer& peer, std::string_view bytes) {
  if (!std::exchange(peer.has_heard, true)) ++counts_.heard;
  peer.partial += bytes;
  std::size_t begin = 0;
  for (auto end = peer.partial.find("\r\n\r\n"); end != std::string::npos;
       end = peer.partial.find("\r\n\r\n", begin)) {
    const auto answer = std::string_view(peer.partial).substr(begin, end - begin);
    begin = end + 4;
    ++counts_.answers;
    if (answer.starts_with("RTSP/1.0 200 ")) ++counts_.good;
    constexpr std::string_view name = "\r\nCSeq: ";
    const auto at = answer.find(name);
    std::uint64_t number = 0;
    if (at != std::string_view::npos)
      std::from_chars(answer.data() + at + name.size(), answer.data() + answer.size(), number);
    if (number != ++peer.answers) ++counts_.out_of_order;
  }
  peer.partial.erase(0, begin);
  // Of a stream that is no answers.
  if (peer.partial.size() > 64 * 1024) peer.partial.clear();
}

void Flood::drip(Peer& peer, Clock::time_point now) {
  const bool ready = behaviour_.drip > 0ms && !behaviour_.drips.empty() && peer.up &&
                     peer.said == behaviour_.says.size() && now - peer.last_drip >= behaviour_.drip;
  if (!ready) return;
  peer.last_drip = now;
  const char next = behaviour_.drips[peer.dripped++ % behaviour_.drips.size()];
  if (::send(peer.socket.fd(), &next, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
    lose(peer, true);
}

void Flood::ready(Peer& peer, unsigned events) {
  if (!peer.socket) return;
  if (!peer.up || (behaviour_.tls && !peer.handshaken) || (events & EPOLLOUT) != 0) connected(peer);
  if (!peer.socket || !peer.up || (behaviour_.tls && !peer.handshaken)) return;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0 && !behaviour_.reads) return lose(peer, true);
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0) return;
  if (!hear(peer)) return lose(peer, true);
  if (!behaviour_.stays && peer.answers > 0) lose(peer, false);
}

void Flood::tick(Clock::time_point now) {
  const double passed = std::chrono::duration<double>(now - ticked_).count();
  ticked_ = now;
  constexpr double burst = 400;
  // A burst that is larger than the backlog of the listener waits for a second.
  allowance_ = per_second_ > 0 ? std::min(allowance_ + passed * per_second_, burst) : burst;
  for (; !waiting_.empty() && allowance_ >= 1; --allowance_) {
    Peer& peer = *peers_[waiting_.back()];
    waiting_.pop_back();
    begin(peer);
  }
  for (const auto& peer : peers_) {
    drip(*peer, now);
    if (peer->socket && !peer->up && now - peer->begun > patience) lose(*peer, false);
  }
}

void Flood::turn(Clock::time_point until) {
  const auto now = Clock::now();
  if (now - ticked_ >= tick_period) tick(now);
  std::array<epoll_event, 512> events;
  const auto left = std::chrono::ceil<milliseconds>(std::min(ticked_ + tick_period, until) - Clock::now());
  const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  // One event a descriptor: none is of a connection that an earlier one has closed.
  for (int i = 0; i < count; ++i)
    ready(*static_cast<Peer*>(events[static_cast<std::size_t>(i)].data.ptr),
          events[static_cast<std::size_t>(i)].events);
}

void Flood::run(milliseconds time) {
  for (const auto until = Clock::now() + time; Clock::now() < until;) turn(until);
}

bool Flood::run_until_held(std::size_t connections, milliseconds at_most, bool answered) {
  const auto until = Clock::now() + at_most;
  while ((answered ? counts_.heard : counts_.held) < connections) {
    if (Clock::now() >= until) return false;
    turn(until);
  }
  return true;
}

void Flood::end() {
  peers_.clear();
  waiting_.clear();
  counts_.held = counts_.heard = 0;
}

std::string client_hello() {
  const std::unique_ptr<SSL, Free> ssl(SSL_new(&context()));
  BIO* const out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);
  SSL_set_connect_state(ssl.get());
  SSL_do_handshake(ssl.get());
  std::string bytes(16 * 1024, '\0');
  bytes.resize(static_cast<std::size_t>(std::max(0, BIO_read(out, bytes.data(), 16 * 1024))));
  if (bytes.empty()) throw std::runtime_error("OpenSSL says nothing");
  return bytes;
}

std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace lectern::test
