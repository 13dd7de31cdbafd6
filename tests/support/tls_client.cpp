#include "tests/support/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <stdexcept>

namespace lectern::test {

struct TlsClient::State {
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL_CTX, Free> context;
  std::unique_ptr<SSL, Free> ssl;
  std::shared_ptr<SSL_SESSION> session;
};

TlsClient::TlsClient(int fd, const Options& options) : state_(std::make_unique<State>()) {
  // OpenSSL writes without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  auto& s = *state_;
  s.context.reset(SSL_CTX_new(TLS_client_method()));
  if (options.old) {
    SSL_CTX_set_security_level(s.context.get(), 0);
    SSL_CTX_set_cipher_list(s.context.get(), "ALL:@SECLEVEL=0");
  }
  SSL_CTX_set_min_proto_version(s.context.get(), options.version);
  SSL_CTX_set_max_proto_version(s.context.get(), options.version);
  SSL_CTX_set_session_cache_mode(s.context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(s.context.get(), [](SSL* ssl, SSL_SESSION* given) {
    auto& state = *static_cast<State*>(SSL_get_app_data(ssl));
    state.session =
        std::shared_ptr<SSL_SESSION>(given, [](SSL_SESSION* session) { SSL_SESSION_free(session); });
    return 1;
  });
  s.ssl.reset(SSL_new(s.context.get()));
  SSL_set_app_data(s.ssl.get(), &s);
  SSL_set_fd(s.ssl.get(), fd);
  SSL_set_connect_state(s.ssl.get());
  if (options.session) SSL_set_session(s.ssl.get(), options.session.get());
  // A ticket is readable and no data: who waits for data is to wait on.
  SSL_clear_mode(s.ssl.get(), SSL_MODE_AUTO_RETRY);
  if (options.shake_hands) shake_hands();
}

TlsClient::~TlsClient() = default;

void TlsClient::shake_hands() {
  ERR_clear_error();
  if (SSL_do_handshake(state_->ssl.get()) == 1) return;
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  throw std::runtime_error(reason ? reason : "the server has closed the connection");
}

bool TlsClient::send(std::string_view bytes) {
  std::size_t sent = 0;
  ERR_clear_error();
  return SSL_write_ex(state_->ssl.get(), bytes.data(), bytes.size(), &sent) == 1;
}

long TlsClient::receive(char* to, std::size_t size) {
  std::size_t got = 0;
  ERR_clear_error();
  const int done = SSL_read_ex(state_->ssl.get(), to, size, &got);
  if (done == 1) return static_cast<long>(got);
  return SSL_get_error(state_->ssl.get(), done) == SSL_ERROR_WANT_READ ? -1 : 0;
}

bool TlsClient::has_pending() const {
  return SSL_has_pending(state_->ssl.get()) == 1;
}

std::string TlsClient::read_to_end() {
  std::string all;
  std::array<char, 16384> part;
  for (long size = 0; (size = receive(part.data(), part.size())) != 0;)
    if (size > 0) all.append(part.data(), static_cast<std::size_t>(size));
  return all;
}

void TlsClient::say_goodbye() {
  SSL_shutdown(state_->ssl.get());
}

bool TlsClient::was_told_goodbye() const {
  return (SSL_get_shutdown(state_->ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool TlsClient::resumed() const {
  return SSL_session_reused(state_->ssl.get()) == 1;
}

std::string TlsClient::version() const {
  return SSL_get_version(state_->ssl.get());
}

std::shared_ptr<ssl_session_st> TlsClient::session() const {
  return state_->session;
}

std::string TlsClient::fingerprint() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  const std::unique_ptr<X509, decltype(&::X509_free)> certificate(
      SSL_get1_peer_certificate(state_->ssl.get()), ::X509_free);
  if (!certificate || X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) != 1) return {};
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    char byte[4];
    std::snprintf(byte, sizeof byte, i > 0 ? ":%02X" : "%02X", digest[i]);
    text += byte;
  }
  return text;
}

bool TlsClient::renegotiates() {
  ERR_clear_error();
  return SSL_renegotiate(state_->ssl.get()) == 1 && SSL_do_handshake(state_->ssl.get()) == 1;
}

}  // namespace lectern::test
