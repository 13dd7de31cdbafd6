#include "server/net/tls_relay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "protocol/base/base64.h"

namespace lectern::server {
namespace {

using Clock = std::chrono::steady_clock;

/// How soon a request to stop is seen.
constexpr int tick_ms = 100;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

Error system_error(const std::string& what) {
  return {Errc::io, what + ": " + std::strerror(errno)};
}

/// Gives up a wait on time, or when it is told to.
class Patience {
 public:
  Patience(std::chrono::milliseconds timeout, const std::function<bool()>& stop)
      : deadline_(Clock::now() + timeout), stop_(stop) {}

  Status wait(int fd, short events) const {
    while (true) {
      if (stop_ && stop_()) return Error{Errc::end, "stopped"};
      if (Clock::now() > deadline_) return Error{Errc::io, "does not answer in time"};
      pollfd polled{fd, events, 0};
      if (::poll(&polled, 1, tick_ms) > 0) return {};
    }
  }

 private:
  const Clock::time_point deadline_;
  const std::function<bool()>& stop_;
};

Result<FileDescriptor> connect_to(const addrinfo& address, const Patience& patience) {
  FileDescriptor socket(
      ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol));
  if (!socket) return system_error("socket");
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) return Error{Errc::io, std::strerror(errno)};
  if (Status ready = patience.wait(socket.get(), POLLOUT); !ready) return std::move(ready).error();
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return Error{Errc::io, std::strerror(error)};
  return socket;
}

Result<FileDescriptor> connect_to(const TlsPeer& peer, const Patience& patience) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(peer.host.c_str(), std::to_string(peer.port).c_str(), &hints, &found);
      code != 0)
    return Error{Errc::io, std::string("its name is not found: ") + ::gai_strerror(code)};
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  Result<FileDescriptor> socket = Error{Errc::io, "its name has no address"};
  for (const addrinfo* each = found; each && !socket; each = each->ai_next)
    socket = connect_to(*each, patience);
  return socket;
}

std::string tls_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason ? reason : "the connection broke off";
}

bool is_address(const std::string& host) {
  return host.find(':') != host.npos || host.find_first_not_of("0123456789.") == host.npos;
}

void expect_host(SSL& tls, const std::string& host) {
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(&tls);
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size());
    SSL_set_tlsext_host_name(&tls, host.c_str());
  }
}

/// Bytes on their way from one side to the other.
struct Portion {
  std::array<char, 32 * 1024> bytes;
  std::size_t begin = 0, end = 0;
  [[nodiscard]] bool empty() const { return begin == end; }
  void filled(std::size_t size) { begin = 0, end = size; }
  [[nodiscard]] const char* data() const { return bytes.data() + begin; }
  [[nodiscard]] std::size_t size() const { return end - begin; }
};

/// Moves bytes both ways until one side ends.
class Exchange {
 public:
  Exchange(SSL& tls, int remote, int local) : tls_(tls), remote_(remote), local_(local) {}

  void run(const std::atomic<bool>& stopped) {
    while (!stopped && !ended_) {
      moved_ = false;
      remote_wants_ = 0;
      read_remote();
      write_local();
      read_local();
      write_remote();
      if (!moved_ && !ended_) wait();
    }
    // What came before the end is passed on.
    if (!incoming_.empty()) write_local();
  }

 private:
  void tls_failed(int code) {
    switch (SSL_get_error(&tls_, code)) {
      case SSL_ERROR_WANT_READ:
        remote_wants_ = static_cast<short>(remote_wants_ | POLLIN);
        break;
      case SSL_ERROR_WANT_WRITE:
        remote_wants_ = static_cast<short>(remote_wants_ | POLLOUT);
        break;
      default:
        ended_ = true;
    }
    ERR_clear_error();
  }
  void read_remote() {
    if (!incoming_.empty()) return;
    const int size = SSL_read(&tls_, incoming_.bytes.data(), static_cast<int>(incoming_.bytes.size()));
    if (size <= 0) return tls_failed(size);
    incoming_.filled(static_cast<std::size_t>(size));
    moved_ = true;
  }
  void write_remote() {
    if (outgoing_.empty()) return;
    const int size = SSL_write(&tls_, outgoing_.data(), static_cast<int>(outgoing_.size()));
    if (size <= 0) return tls_failed(size);
    outgoing_.begin += static_cast<std::size_t>(size);
    moved_ = true;
  }
  void read_local() {
    if (!outgoing_.empty()) return;
    const ssize_t size = ::recv(local_, outgoing_.bytes.data(), outgoing_.bytes.size(), 0);
    if (size > 0) {
      outgoing_.filled(static_cast<std::size_t>(size));
      moved_ = true;
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
      ended_ = true;
    }
  }
  void write_local() {
    if (incoming_.empty()) return;
    const ssize_t size = ::send(local_, incoming_.data(), incoming_.size(), MSG_NOSIGNAL);
    if (size > 0) {
      incoming_.begin += static_cast<std::size_t>(size);
      moved_ = true;
    } else if (size < 0 && errno != EAGAIN && errno != EINTR) {
      ended_ = true;
    }
  }
  void wait() {
    const auto local =
        static_cast<short>((outgoing_.empty() ? POLLIN : 0) | (incoming_.empty() ? 0 : POLLOUT));
    std::array<pollfd, 2> polled{pollfd{local_, local, 0}, pollfd{remote_, remote_wants_, 0}};
    // A side that is gone, and of which nothing is wanted now, is reported all the same.
    if (remote_wants_ == 0) polled[1].fd = -1;
    ::poll(polled.data(), polled.size(), tick_ms);
  }

  SSL& tls_;
  const int remote_, local_;
  Portion incoming_, outgoing_;
  short remote_wants_ = 0;
  bool moved_ = false, ended_ = false;
};

}  // namespace

void TlsRelay::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

void TlsRelay::Free::operator()(ssl_st* tls) const {
  SSL_free(tls);
}

Status TlsRelay::is_expected(ssl_st& tls, const TlsPeer& peer) {
  if (peer.fingerprint.empty()) return {};
  const std::unique_ptr<X509, FreeCertificate> certificate(SSL_get1_peer_certificate(&tls));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!certificate || X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) != 1)
    return Error{Errc::denied, "it shows no certificate"};
  const std::string found = hex_encode(as_bytes(digest.data(), size));
  if (found == peer.fingerprint) return {};
  return Error{Errc::denied, "its certificate is not the one of tls_fingerprint; it has " + found};
}

Result<TlsRelay::Link> TlsRelay::connect(const TlsPeer& peer, std::chrono::milliseconds timeout,
                                         const std::function<bool()>& stop) {
  const Patience patience(timeout, stop);
  auto socket = connect_to(peer, patience);
  if (!socket) return std::move(socket).error();
  Link link;
  link.socket = *std::move(socket);
  link.context.reset(SSL_CTX_new(TLS_client_method()));
  if (!link.context) return Error{Errc::internal, "out of memory"};
  // Bytes that are to be sent again may lie elsewhere.
  SSL_CTX_set_mode(link.context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (peer.verify) {
    SSL_CTX_set_default_verify_paths(link.context.get());
    SSL_CTX_set_verify(link.context.get(), SSL_VERIFY_PEER, nullptr);
  }
  link.tls.reset(SSL_new(link.context.get()));
  if (!link.tls || SSL_set_fd(link.tls.get(), link.socket.get()) != 1)
    return Error{Errc::internal, "out of memory"};
  expect_host(*link.tls, peer.host);
  ERR_clear_error();
  while (true) {
    const int code = SSL_connect(link.tls.get());
    if (code == 1) break;
    const int wanted = SSL_get_error(link.tls.get(), code);
    if (wanted == SSL_ERROR_WANT_READ || wanted == SSL_ERROR_WANT_WRITE) {
      const short events = wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
      if (Status ready = patience.wait(link.socket.get(), events); !ready) return std::move(ready).error();
      continue;
    }
    if (const long verdict = SSL_get_verify_result(link.tls.get()); peer.verify && verdict != X509_V_OK) {
      ERR_clear_error();
      return Error{Errc::denied, fmt::format("its certificate is not trusted ({}); give tls_fingerprint, or "
                                             "install the authority that signed it",
                                             X509_verify_cert_error_string(verdict))};
    }
    return Error{Errc::io, "TLS: " + tls_reason()};
  }
  if (Status expected = is_expected(*link.tls, peer); !expected) return std::move(expected).error();
  return link;
}

Status TlsRelay::check(const TlsPeer& peer, std::chrono::milliseconds timeout,
                       const std::function<bool()>& stop) {
  auto link = connect(peer, timeout, stop);
  if (!link) return std::move(link).error();
  SSL_shutdown(link->tls.get());
  return {};
}

Result<std::unique_ptr<TlsRelay>> TlsRelay::open(const TlsPeer& peer, std::chrono::milliseconds timeout,
                                                 const std::function<bool()>& stop) {
  auto link = connect(peer, timeout, stop);
  if (!link) return std::move(link).error();
  std::unique_ptr<TlsRelay> relay(new TlsRelay(*std::move(link)));
  if (Status listening = relay->listen(); !listening) return std::move(listening).error();
  relay->thread_ = std::thread([self = relay.get()] { self->run(); });
  return relay;
}

Status TlsRelay::listen() {
  listener_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (!listener_ || ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_.get(), 1) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return system_error("a port on the loopback interface");
  port_ = ntohs(address.sin_port);
  return {};
}

void TlsRelay::run() {
  FileDescriptor local;
  while (!stopped_ && !local) {
    pollfd polled{listener_.get(), POLLIN, 0};
    if (::poll(&polled, 1, tick_ms) <= 0) continue;
    local.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  }
  listener_.reset();
  if (!local) return;
  const int on = 1;
  ::setsockopt(local.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Exchange(*link_.tls, link_.socket.get(), local.get()).run(stopped_);
  SSL_shutdown(link_.tls.get());
}

TlsRelay::~TlsRelay() {
  stopped_ = true;
  if (thread_.joinable()) thread_.join();
}

}  // namespace lectern::server
