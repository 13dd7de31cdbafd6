#include "server/net/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "server/log/escape.h"

namespace lectern::server {
namespace {

/// More than any chain has: a wrong file is refused before it fills the memory.
constexpr std::uintmax_t max_file_size = 1 << 20;
constexpr const char* ciphers_12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
/// Fast first; a client that has no AES in hardware and says so gets ChaCha20.
constexpr const char* ciphers_13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

template <auto free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

Error refused(const char* config_key, const std::string& what) {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  return invalid(std::string(config_key) + ": " + what + (reason ? std::string(" (") + reason + ")" : ""));
}

Bio read_from(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Status use_chain(SSL_CTX& context, const std::string& pem) {
  const Bio from = read_from(pem);
  const Certificate own(PEM_read_bio_X509_AUX(from.get(), nullptr, nullptr, nullptr));
  if (!own) return refused("tls_certificate", "holds no certificate in PEM");
  if (SSL_CTX_use_certificate(&context, own.get()) != 1)
    return refused("tls_certificate", "is not taken by OpenSSL");
  while (X509* const next = PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(&context, next) == 1) continue;
    X509_free(next);
    return refused("tls_certificate", "has a chain that is not taken by OpenSSL");
  }
  // The end of the file is an error to OpenSSL as well.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    return refused("tls_certificate", "has a broken certificate in its chain");
  ERR_clear_error();
  return {};
}

Status use_key(SSL_CTX& context, const std::string& pem) {
  const Bio from = read_from(pem);
  bool asked = false;
  const auto no_passphrase = [](char*, int, int, void* was_asked) {
    *static_cast<bool*>(was_asked) = true;
    return -1;
  };
  const Key key(PEM_read_bio_PrivateKey(from.get(), nullptr, no_passphrase, &asked));
  if (asked) {
    ERR_clear_error();
    return refused("tls_key",
                   "is encrypted; write it without its passphrase: openssl pkey -in KEY -out PLAIN");
  }
  if (!key) return refused("tls_key", "holds no private key in PEM");
  if (SSL_CTX_use_PrivateKey(&context, key.get()) != 1 || SSL_CTX_check_private_key(&context) != 1) {
    ERR_clear_error();
    return refused("tls_key", "is not the key of the certificate in tls_certificate");
  }
  return {};
}

Result<std::string> read_file(const char* config_key, const std::filesystem::path& file) {
  const std::string name = config_key + (": " + escape(file.native(), 300)) + ": ";
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) return Error{Errc::io, name + error.message()};
  if (size > max_file_size) return invalid(name + "is too large for PEM");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad())
    return Error{Errc::io, name + "cannot be read: " + std::strerror(errno != 0 ? errno : EIO)};
  return text;
}

/// "tls_key: is no key" with the file behind the configuration's key.
Error in_files(Error error, const std::filesystem::path& certificate, const std::filesystem::path& key) {
  const std::size_t colon = error.message.find(": ");
  const auto& file = error.message.starts_with("tls_key") ? key : certificate;
  error.message.insert(colon, ": " + escape(file.native(), 300));
  return error;
}

}  // namespace

Result<SslContext> make_ssl_context(const std::string& certificate, const std::string& key) {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(TLS_server_method()), [](SSL_CTX* made) { SSL_CTX_free(made); });
  if (!context) return Error{Errc::internal, "no memory for TLS"};
  SSL_CTX& made = *context;
  SSL_CTX_set_min_proto_version(&made, TLS1_2_VERSION);
  SSL_CTX_set_options(&made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_cipher_list(&made, ciphers_12);
  SSL_CTX_set_ciphersuites(&made, ciphers_13);
  // Tickets hold the state: a cache here would grow with every stranger.
  SSL_CTX_set_session_cache_mode(&made, SSL_SESS_CACHE_OFF);
  if (auto status = use_chain(made, certificate); !status) return std::move(status).error();
  if (auto status = use_key(made, key); !status) return std::move(status).error();
  return context;
}

std::string fingerprint(ssl_ctx_st& context) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  const X509* const certificate = SSL_CTX_get0_certificate(&context);
  if (!certificate || X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    if (i > 0) text += ':';
    text += {digits[digest[i] >> 4], digits[digest[i] & 15]};
  }
  return text;
}

Result<SslContext> TlsCertificate::read(const std::filesystem::path& certificate,
                                        const std::filesystem::path& key) {
  auto chain = read_file("tls_certificate", certificate);
  if (!chain) return std::move(chain).error();
  auto secret = read_file("tls_key", key);
  if (!secret) return std::move(secret).error();
  auto context = make_ssl_context(*chain, *secret);
  if (!context) return in_files(std::move(context).error(), certificate, key);
  return context;
}

Result<TlsCertificate> TlsCertificate::load(std::filesystem::path certificate, std::filesystem::path key) {
  TlsCertificate loaded;
  loaded.key_ = key.empty() ? certificate : std::move(key);
  loaded.certificate_ = std::move(certificate);
  // Before the reading: what is written meanwhile is seen as a change.
  loaded.stamps_ = {stamp_of(loaded.certificate_), stamp_of(loaded.key_)};
  auto context = read(loaded.certificate_, loaded.key_);
  if (!context) return std::move(context).error();
  loaded.context_ = *std::move(context);
  return loaded;
}

std::optional<Result<bool>> TlsCertificate::refresh() {
  if (certificate_.empty()) return std::nullopt;
  const std::array<FileStamp, 2> now{stamp_of(certificate_), stamp_of(key_)};
  if (now == stamps_) return std::nullopt;
  stamps_ = now;
  auto context = read(certificate_, key_);
  if (!context) return Result<bool>(std::move(context).error());
  context_ = *std::move(context);
  return Result<bool>(true);
}

}  // namespace lectern::server
