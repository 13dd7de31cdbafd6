#include "server/net/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "server/loop/event_loop.h"
#include "server/loop/timer.h"
#include "server/net/tcp_stream.h"
#include "server/net/tls_bio.h"

namespace lectern::server {
namespace {

constexpr std::size_t record_size = SSL3_RT_MAX_PLAIN_LENGTH;
/// For an alert to arrive, which a reset would overtake.
constexpr std::chrono::milliseconds parting_time{2000};
/// RFC 2326 section 6.1, RFC 9112 section 3: no TLS record begins with a capital letter.
constexpr std::string_view use_rtsps =
    "RTSP/1.0 400 Bad Request: this port is for TLS, use rtsps://\r\nConnection: close\r\n\r\n";

/// One a thread and not one a connection: they are empty between the calls.
MutableBytes received_scratch() {
  thread_local std::array<std::byte, record_size> scratch;
  return scratch;
}
MutableBytes record_scratch() {
  thread_local std::array<std::byte, record_size> scratch;
  return scratch;
}

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// What OpenSSL has to say, with what is to be done about it where that is known.
std::string reason_of_failure() {
  const unsigned long error = ERR_peek_error();
  switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return "the client knows only TLS 1.1 or older";
    case SSL_R_NO_SHARED_CIPHER:
      return "the client knows no cipher in common";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
      return "the client does not trust the certificate";
    default:
      break;
  }
  const char* reason = ERR_reason_error_string(error);
  return reason ? reason : "the connection was lost";
}

}  // namespace

struct TlsStream::State final : std::enable_shared_from_this<State>, Stream::Handler, TlsTransport {
  State(EventLoop& on, std::unique_ptr<TcpStream> stream, SSL_CTX& context, Options given)
      : loop(on), options(std::move(given)), tcp(std::move(stream)), ssl(SSL_new(&context)) {
    BIO* const bio = ssl ? make_tls_bio(*this) : nullptr;
    if (!bio) throw std::runtime_error("no memory for TLS");
    SSL_set_bio(ssl.get(), bio, bio);
    SSL_set_accept_state(ssl.get());
    SSL_set_mode(ssl.get(), SSL_MODE_RELEASE_BUFFERS);
  }

  // TlsTransport
  std::size_t take(MutableBytes to) override {
    const std::size_t size = std::min(to.size(), arrived.size());
    std::memcpy(to.data(), arrived.data(), size);
    arrived = arrived.subspan(size);
    return size;
  }
  bool put(Bytes records) override { return tcp->write(records); }

  // Stream::Handler of the TCP connection
  MutableBytes writable() override { return received_scratch(); }
  void committed(std::size_t size) override {
    const auto hold = shared_from_this();  // The handler may destroy the stream.
    arrived = received_scratch().first(size);
    if (!handshaken && !spoken && is_plain_text(arrived)) return refuse_plain_text();
    spoken = true;
    if (waiting || !held.empty()) {
      held.insert(held.end(), arrived.begin(), arrived.end());
      arrived = {};
    }
    if (waiting) return;
    if (!handshaken && options.turns && !options.turns->open()) return wait_for_turn();
    read();
  }
  void drained() override {
    if (handshaken && handler != nullptr && !failed) handler->drained();
  }
  void closed(CloseReason reason, int error) override { close(reason, error); }

  static bool is_plain_text(Bytes bytes) { return u8(bytes[0]) >= 'A' && u8(bytes[0]) <= 'Z'; }

  void refuse_plain_text() {
    arrived = {};
    tcp->write(as_bytes(use_rtsps));
    fail(TlsFailure::plain_text, "a plain RTSP client on the port for RTSPS: it is to use rtsps://");
  }

  /// What has arrived is kept meanwhile, and no more is read.
  void wait_for_turn() {
    held.insert(held.end(), arrived.begin(), arrived.end());
    arrived = {};
    options.turns->wait([weak = weak_from_this()] {
      const auto state = weak.lock();
      if (!state) return;
      state->waiting = false;
      if (!state->tcp || state->finishing || state->failed) return;
      state->tcp->resume();
      state->read();
    });
    waiting = true;
    tcp->pause();
  }

  /// Goes on with the handshake, then gives the handler what there is, as far as it reads.
  void read() {
    if (busy) return;
    busy = true;
    const auto hold = shared_from_this();
    ByteVector kept;
    kept.swap(held);
    if (!kept.empty()) arrived = kept;
    try {
      if (handshaken || shake_hands()) decrypt();
      // A reader that pauses leaves the rest to be read later.
      if (tcp && !failed && !finishing) held.assign(arrived.begin(), arrived.end());
    } catch (...) {
      // A part of the stream is lost: what follows makes no sense.
      arrived = {};
      busy = false;
      close(CloseReason::error, ENOMEM);
      throw;
    }
    arrived = {};
    busy = false;
  }

  bool shake_hands() {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl.get());
    if (done == 1) {
      handshaken = true;
      deadline.reset();
      options.slot.reset();
      if (!reading) tcp->pause();
      return true;
    }
    if (SSL_get_error(ssl.get(), done) != SSL_ERROR_WANT_READ)
      fail(TlsFailure::handshake, reason_of_failure());
    return false;
  }

  void decrypt() {
    while (tcp && reading && !finishing && !failed && handler != nullptr) {
      const MutableBytes to = handler->writable();
      if (!tcp) return;
      ERR_clear_error();
      std::size_t size = 0;
      const int done = SSL_read_ex(ssl.get(), to.data(), to.size(), &size);
      if (done == 1) {
        handler->committed(size);
        continue;
      }
      switch (SSL_get_error(ssl.get(), done)) {
        case SSL_ERROR_WANT_READ:
          return;
        case SSL_ERROR_ZERO_RETURN:
          return end_with_peer();
        default:
          return fail(TlsFailure::broken, reason_of_failure());
      }
    }
  }

  /// close_notify (RFC 8446 section 6.1).
  void say_goodbye() {
    ERR_clear_error();
    SSL_shutdown(ssl.get());
  }

  void end_with_peer() {
    say_goodbye();
    close(CloseReason::peer, 0);
  }

  /// The connection is of no use any more. OpenSSL has written its alert.
  void fail(TlsFailure failure, const std::string& why) {
    if (failed) return;
    failed = true;
    options.slot.reset();
    deadline.reset();
    if (options.failed) options.failed(failure, why);
    if (tcp) tcp->finish(parting_time);
  }

  void time_out() {
    const auto hold = shared_from_this();
    failed = true;
    if (options.failed) options.failed(TlsFailure::timed_out, "the TLS handshake took too long");
    close(CloseReason::timed_out, 0);
  }

  void close(CloseReason reason, int error) {
    if (!tcp) return;
    const auto hold = shared_from_this();
    shut();
    if (handler != nullptr) std::exchange(handler, nullptr)->closed(reason, error);
  }

  void shut() {
    closed_local = tcp->local();
    closed_peer = tcp->peer();
    closed_counters = tcp->counters();
    tcp.reset();
    deadline.reset();
    options.slot.reset();
  }

  bool send(Bytes bytes) {
    ERR_clear_error();
    std::size_t written = 0;
    return SSL_write_ex(ssl.get(), bytes.data(), bytes.size(), &written) == 1;
  }

  [[nodiscard]] bool can_write() const { return tcp && handshaken && !finishing && !failed; }

  EventLoop& loop;
  Options options;
  std::unique_ptr<TcpStream> tcp;  // none once closed
  std::unique_ptr<SSL, SslDeleter> ssl;
  Stream::Handler* handler = nullptr;
  std::unique_ptr<Timer> deadline;
  Bytes arrived;    // records that OpenSSL has not taken yet, within a call
  ByteVector held;  // the same between calls, where the reader pauses
  Endpoint closed_local, closed_peer;
  StreamCounters closed_counters;
  bool spoken = false, handshaken = false;
  bool waiting = false;  // for a turn
  bool reading = true, busy = false;
  bool finishing = false, failed = false;
};

TlsStream::TlsStream(EventLoop& loop, std::unique_ptr<TcpStream> tcp, ssl_ctx_st& context, Options options)
    : state_(std::make_shared<State>(loop, std::move(tcp), context, std::move(options))) {}

TlsStream::~TlsStream() {
  auto& s = *state_;
  s.handler = nullptr;
  if (s.can_write()) s.say_goodbye();
  if (s.tcp) s.shut();
}

void TlsStream::start(Handler& handler) {
  auto& s = *state_;
  s.handler = &handler;
  s.deadline = std::make_unique<Timer>(s.loop, [&s] { s.time_out(); });
  s.deadline->start_after(s.options.handshake_timeout);
  s.tcp->start(s);
}

void TlsStream::set_handler(Handler& handler) {
  state_->handler = &handler;
}

void TlsStream::pause() {
  auto& s = *state_;
  s.reading = false;
  // The handshake is not the reader's.
  if (s.tcp && s.handshaken) s.tcp->pause();
}

void TlsStream::resume() {
  auto& s = *state_;
  if (s.reading || !s.tcp) return;
  s.reading = true;
  s.tcp->resume();
  if (s.busy || (s.held.empty() && SSL_has_pending(s.ssl.get()) == 0)) return;
  s.loop.defer([weak = s.weak_from_this()] {
    if (const auto state = weak.lock(); state && state->tcp && state->reading) state->read();
  });
}

bool TlsStream::write(Bytes bytes) {
  return state_->can_write() && (bytes.empty() || state_->send(bytes));
}

std::size_t TlsStream::write_packets(std::span<const Gathered> packets) {
  std::size_t accepted = 0;
  while (accepted < packets.size() && writable()) {
    const MutableBytes record = record_scratch();
    std::size_t filled = 0, gathered = accepted;
    for (; gathered < packets.size() && filled + packets[gathered].size() <= record.size(); ++gathered) {
      const Gathered& packet = packets[gathered];
      std::memcpy(&record[filled], packet.header.data(), packet.header.size());
      filled += packet.header.size();
      if (!packet.payload.empty()) std::memcpy(&record[filled], packet.payload.data(), packet.payload.size());
      filled += packet.payload.size();
    }
    if (gathered == accepted) {
      // Larger than a record: OpenSSL makes several of it.
      const Gathered& packet = packets[gathered++];
      if (!state_->send(packet.header) || !state_->send(packet.payload)) break;
    } else if (!state_->send(record.first(filled))) {
      break;
    }
    accepted = gathered;
  }
  return accepted;
}

bool TlsStream::writable() const {
  return state_->can_write() && state_->tcp->writable();
}

std::size_t TlsStream::queued_bytes() const {
  return state_->tcp ? state_->tcp->queued_bytes() : 0;
}

void TlsStream::finish(std::chrono::milliseconds deadline) {
  auto& s = *state_;
  if (!s.tcp || s.finishing || s.failed) return;
  if (s.handshaken) s.say_goodbye();
  s.finishing = true;
  s.deadline.reset();
  s.options.slot.reset();
  s.tcp->finish(deadline);
}

const Endpoint& TlsStream::local() const {
  return state_->tcp ? state_->tcp->local() : state_->closed_local;
}

const Endpoint& TlsStream::peer() const {
  return state_->tcp ? state_->tcp->peer() : state_->closed_peer;
}

const StreamCounters& TlsStream::counters() const {
  return state_->tcp ? state_->tcp->counters() : state_->closed_counters;
}

}  // namespace lectern::server
