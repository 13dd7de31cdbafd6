#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/config/changes.h"
#include "server/heap_trimmer.h"
#include "server/loop/worker.h"
#include "server/net/tcp_listener.h"
#include "server/net/tls_context.h"
#include "server/rtsp/rtsp_loop.h"
#include "server/rtsp/server_context.h"

namespace lectern::server {

/// The listener and the loops: a connection is accepted once, and handed to the loop with the least work.
class RtspServer {
 public:
  /// Listens on `accepting`, which the caller runs. Errc::io where an address or the UDP ports are taken,
  /// Errc::invalid for an address that is none, and for a certificate or key that cannot be used. Where only
  /// the default address of RTSPS is taken, there is no RTSPS, with a warning.
  static Result<std::unique_ptr<RtspServer>> start(EventLoop& accepting, const Config& config,
                                                   media::Log log);
  /// Pulls live media from now on, apart from what runs on demand: once the process is who it is to be, as
  /// cameras are strangers. Before `accepting` runs.
  void start_live() { context_.served->live.start(); }
  /// Goes on with another configuration, but for what only a start can change. Errc::invalid, and nothing has
  /// changed, where it cannot be used. On the thread of `accepting`, while that runs.
  Result<ConfigChanges> reload(const Config& wanted);
  /// The one that is served.
  [[nodiscard]] const Config& config() const { return context_.served->config; }
  /// Players are told, every handle is closed.
  ~RtspServer();

  /// Where RTSP and RTSPS are served; nullopt where they are not.
  [[nodiscard]] std::optional<Endpoint> local() const { return local_of(listener_.get()); }
  [[nodiscard]] std::optional<Endpoint> tls_local() const { return local_of(tls_listener_.get()); }
  /// SHA-256 of the certificate of RTSPS; empty where there is none.
  [[nodiscard]] std::string tls_fingerprint() const;
  [[nodiscard]] std::size_t loops() const { return workers_.size(); }

 private:
  RtspServer(EventLoop& accepting, const Config& config, media::Log log);
  static std::optional<Endpoint> local_of(const TcpListener* listener);
  Status listen(EventLoop& accepting);
  Status listen_tls(EventLoop& accepting);
  Status start_loops(const Endpoint& local);
  /// Whether the rules for addresses let it in.
  bool admits(const Endpoint& peer, bool secure);
  bool count_in(const Endpoint& peer);
  void accepted(FileDescriptor descriptor, const Endpoint& peer);
  void accepted_tls(FileDescriptor descriptor, const Endpoint& peer);
  void hand_over(FileDescriptor descriptor, const Endpoint& peer, std::optional<RtspLoop::Tls> tls);
  void refresh_certificate();
  Status replace(const Config& config);
  void retire(std::shared_ptr<Served> before);
  void sweep_retired();

  EventLoop& accepting_;
  // Before the context: its workers post to their loops until the library has ended.
  std::vector<std::unique_ptr<Worker>> workers_;
  ServerContext context_;
  std::vector<std::unique_ptr<RtspLoop>> loops_;
  std::optional<TlsCertificate> certificate_;
  std::unique_ptr<Timer> refreshing_;
  HeapTrimmer heap_;
  std::vector<std::shared_ptr<Served>> retired_;  ///< in which requests may be under way
  Timer retiring_;
  std::unique_ptr<TcpListener> listener_, tls_listener_;
  RateLimited refused_{LogLevel::warning}, busy_{LogLevel::warning}, not_admitted_{LogLevel::info};
};

}  // namespace lectern::server
