#include "tests/bench/load/tls_link.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdexcept>

namespace lectern::bench {
namespace {

/// Several records a system call.
constexpr std::size_t read_ahead = 64 * 1024;

SSL_CTX& context() {
  static const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> shared = [] {
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> made(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    if (!made) throw std::runtime_error("no memory for TLS");
    SSL_CTX_set_default_read_buffer_len(made.get(), read_ahead);
    SSL_CTX_set_read_ahead(made.get(), 1);
    return made;
  }();
  return *shared;
}

TlsLink::Progress progress_of(SSL* ssl, int done) {
  const int error = SSL_get_error(ssl, done);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? TlsLink::Progress::wait
                                                                       : TlsLink::Progress::failed;
}

}  // namespace

TlsLink::TlsLink(int socket) : ssl_(SSL_new(&context()), SSL_free) {
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket) != 1) throw std::runtime_error("no memory for TLS");
  SSL_set_connect_state(ssl_.get());
}

TlsLink::~TlsLink() = default;

TlsLink::Progress TlsLink::shake_hands() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  return done == 1 ? Progress::done : progress_of(ssl_.get(), done);
}

TlsLink::Read TlsLink::read(MutableBytes to) {
  ERR_clear_error();
  std::size_t size = 0;
  const int done = SSL_read_ex(ssl_.get(), to.data(), to.size(), &size);
  if (done == 1) return {Progress::done, size};
  return {progress_of(ssl_.get(), done)};
}

bool TlsLink::write(std::string_view text) {
  ERR_clear_error();
  std::size_t size = 0;
  return SSL_write_ex(ssl_.get(), text.data(), text.size(), &size) == 1;
}

}  // namespace lectern::bench
