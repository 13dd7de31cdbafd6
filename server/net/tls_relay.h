#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "protocol/base/result.h"
#include "server/loop/file_descriptor.h"

struct ssl_ctx_st;
struct ssl_st;

namespace lectern::server {

/// Who the server at the other end of a TLS connection has to be.
struct TlsPeer {
  std::string host;  ///< a name, or an address without brackets
  std::uint16_t port = 0;
  bool verify =
      false;  ///< its certificate is of that host, and an authority that the system trusts signed it
  std::string fingerprint;  ///< SHA-256 of its certificate, 64 lower-case hexadecimal digits; empty: any
};

/// A connection by TLS to a server that was checked, and a port on the loopback interface from which one
/// program connects to it in the clear: for a library whose own TLS checks nobody. On a thread of its own.
class TlsRelay {
 public:
  /// Blocks until the server was checked, at most so long, or until `stop`. Errc::denied where it is another
  /// one, in words that say what to do.
  static Result<std::unique_ptr<TlsRelay>> open(const TlsPeer& peer, std::chrono::milliseconds timeout,
                                                const std::function<bool()>& stop);
  /// Connects and checks alone.
  static Status check(const TlsPeer& peer, std::chrono::milliseconds timeout,
                      const std::function<bool()>& stop);
  ~TlsRelay();
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  /// On 127.0.0.1, for one connection.
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
    void operator()(ssl_st* tls) const;
  };
  /// A connection that was checked.
  struct Link {
    FileDescriptor socket;
    std::unique_ptr<ssl_ctx_st, Free> context;
    std::unique_ptr<ssl_st, Free> tls;
  };
  static Result<Link> connect(const TlsPeer& peer, std::chrono::milliseconds timeout,
                              const std::function<bool()>& stop);
  static Status is_expected(ssl_st& tls, const TlsPeer& peer);
  explicit TlsRelay(Link link) : link_(std::move(link)) {}
  Status listen();
  void run();

  Link link_;
  FileDescriptor listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace lectern::server
