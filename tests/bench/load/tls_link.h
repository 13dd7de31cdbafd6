#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "protocol/base/bytes.h"

struct ssl_ctx_st;
struct ssl_st;

namespace lectern::bench {

/// The client's side of TLS over a socket that does not block and outlives it. Trusts everyone: it measures.
class TlsLink {
 public:
  enum class Progress : std::uint8_t { done, wait, failed };

  /// Throws std::runtime_error where OpenSSL has no memory.
  explicit TlsLink(int socket);
  ~TlsLink();
  TlsLink(const TlsLink&) = delete;
  TlsLink& operator=(const TlsLink&) = delete;

  /// To be called again when the socket is readable, after `wait`.
  Progress shake_hands();
  struct Read {
    Progress progress;  ///< `failed` at the end of the server, too
    std::size_t size = 0;
  };
  /// Until it waits: what is decrypted already makes no socket readable.
  Read read(MutableBytes to);
  bool write(std::string_view text);

 private:
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
};

}  // namespace lectern::bench
