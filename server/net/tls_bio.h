#pragma once

#include <memory>

#include "protocol/base/bytes.h"

struct bio_st;

namespace lectern::server {

/// What OpenSSL reads records from and writes them to in place of a socket.
class TlsTransport {
 public:
  virtual ~TlsTransport() = default;
  /// Fills `to` with what has arrived; 0 where there is nothing now.
  virtual std::size_t take(MutableBytes to) = 0;
  /// Takes over all of it; false where the connection is lost.
  virtual bool put(Bytes records) = 0;
};

/// A BIO over `transport`, which outlives it: no buffer of its own, so that an idle connection costs none.
/// Owned by whom SSL_set_bio() gives it to. nullptr where there is no memory.
bio_st* make_tls_bio(TlsTransport& transport);

}  // namespace lectern::server
