#pragma once

#include <memory>
#include <vector>

#include "server/loop/worker.h"
#include "server/net/tcp_listener.h"
#include "server/rtsp/rtsp_loop.h"
#include "server/rtsp/server_context.h"

namespace lectern::server {

/// The listener and the loops: a connection is accepted once, and handed to the loop with the least work.
class RtspServer {
 public:
  /// Listens on `accepting`, which the caller runs. Errc::io where the address or the UDP ports are taken,
  /// Errc::invalid for an address that is none.
  static Result<std::unique_ptr<RtspServer>> start(EventLoop& accepting, const Config& config,
                                                   media::Log log);
  /// Players are told, every handle is closed.
  ~RtspServer();

  [[nodiscard]] const Endpoint& local() const { return listener_->local(); }
  [[nodiscard]] std::size_t loops() const { return workers_.size(); }

 private:
  RtspServer(const Config& config, media::Log log);
  Status start_loops(const Endpoint& local);
  void accepted(FileDescriptor descriptor, const Endpoint& peer);

  // Before the context: its workers post to their loops until the library has ended.
  std::vector<std::unique_ptr<Worker>> workers_;
  ServerContext context_;
  std::vector<std::unique_ptr<RtspLoop>> loops_;
  std::unique_ptr<TcpListener> listener_;
  RateLimited refused_{LogLevel::warning}, not_admitted_{LogLevel::info};
};

}  // namespace lectern::server
