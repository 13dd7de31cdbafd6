#pragma once

#include <atomic>

#include "media/library.h"
#include "server/config/config.h"
#include "server/net/tls_handshakes.h"
#include "server/rtsp/bandwidth.h"
#include "server/rtsp/peer_limits.h"
#include "server/rtsp/served.h"
#include "server/rtsp/session_registry.h"
#include "server/rtsp/tunnel_registry.h"

namespace lectern::server {

class RtspLoop;

/// What all loops share. Outlives them.
struct ServerContext {
  /// What limits there are from now on; who is there stays.
  void limit(const Config& config) {
    connections.limit(config.max_connections, config.max_connections_per_address);
    tls_handshakes.limit(config.max_tls_handshakes);
    sessions.limit(config.max_sessions, config.max_sessions_per_address, config.max_sessions_per_user);
    bandwidth.limit(config.max_bandwidth, config.max_session_bandwidth);
  }

  explicit ServerContext(const Config& configuration, media::LibraryOptions options)
      : served(std::make_shared<Served>(configuration, options.log)),
        log(options.log),
        connections(configuration.max_connections, configuration.max_connections_per_address),
        tls_handshakes(configuration.max_tls_handshakes),
        sessions(configuration.max_sessions, configuration.max_sessions_per_address,
                 configuration.max_sessions_per_user),
        bandwidth(configuration.max_bandwidth, configuration.max_session_bandwidth),
        library(std::move(options)) {}

  /// For the thread that reloads: each loop has its own view of it.
  std::shared_ptr<Served> served;
  const media::Log log;
  PeerLimits connections;
  TlsHandshakes tls_handshakes;
  SessionRegistry sessions;
  TunnelRegistry tunnels;
  Bandwidth bandwidth;
  std::vector<RtspLoop*> loops;  ///< set once, before the first connection
  media::Library library;
};

}  // namespace lectern::server
