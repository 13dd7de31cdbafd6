#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "protocol/base/result.h"
#include "server/loop/file_stamp.h"

struct ssl_ctx_st;

namespace lectern::server {

/// Shared by all connections of one certificate; OpenSSL locks it where it must.
using SslContext = std::shared_ptr<ssl_ctx_st>;

/// For TLS 1.2 and 1.3, without renegotiation and compression, with tickets for resumption (RFC 8446 section
/// 4.6.1, RFC 5077). `certificate` is PEM with the certificate first and its chain behind it, `key` PEM
/// without a passphrase. The error says what is wrong, and names the configuration's key it is about.
Result<SslContext> make_ssl_context(const std::string& certificate, const std::string& key);

/// SHA-256 over the certificate in DER, as "AB:CD:…".
std::string fingerprint(ssl_ctx_st& context);

/// A certificate and its key in files, which are replaced while the server runs. Belongs to one thread.
class TlsCertificate {
 public:
  /// `key` empty: it stands in the certificate's file. The error names the configuration's key and the file.
  static Result<TlsCertificate> load(std::filesystem::path certificate, std::filesystem::path key);
  /// One that is not in files.
  explicit TlsCertificate(SslContext context) : context_(std::move(context)) {}

  /// For a new connection.
  [[nodiscard]] const SslContext& context() const { return context_; }
  /// Looks whether the files have changed. Nothing where they have not; true where the new ones are taken for
  /// new connections; the reason where they are refused and the old ones stay, once a change.
  std::optional<Result<bool>> refresh();

 private:
  static Result<SslContext> read(const std::filesystem::path& certificate, const std::filesystem::path& key);
  TlsCertificate() = default;

  std::filesystem::path certificate_, key_;
  std::array<FileStamp, 2> stamps_;
  SslContext context_;
};

}  // namespace lectern::server
