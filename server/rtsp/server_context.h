#pragma once

#include <atomic>

#include "media/library.h"
#include "server/access/access.h"
#include "server/config/config.h"
#include "server/multicast/groups.h"
#include "server/net/tls_handshakes.h"
#include "server/paths/live_paths.h"
#include "server/paths/path_table.h"
#include "server/rtsp/bandwidth.h"
#include "server/rtsp/peer_limits.h"
#include "server/rtsp/session_registry.h"
#include "server/rtsp/tunnel_registry.h"

namespace lectern::server {

class RtspLoop;

/// What all loops share. Outlives them.
struct ServerContext {
  explicit ServerContext(const Config& configuration, media::LibraryOptions options)
      : config(configuration),
        paths(configuration.roots),
        access(configuration),
        connections(configuration.max_connections, configuration.max_connections_per_address),
        tls_handshakes(configuration.max_tls_handshakes),
        sessions(configuration.max_sessions, configuration.max_sessions_per_address,
                 configuration.max_sessions_per_user),
        bandwidth(configuration.max_bandwidth, configuration.max_session_bandwidth),
        multicast(configuration),
        live(configuration, options.log),
        library(std::move(options)) {}

  const Config config;
  const PathTable paths;
  Access access;
  PeerLimits connections;
  TlsHandshakes tls_handshakes;
  SessionRegistry sessions;
  TunnelRegistry tunnels;
  Bandwidth bandwidth;
  std::vector<RtspLoop*> loops;  ///< set once, before the first connection
  MulticastGroups multicast;
  LivePaths live;
  media::Library library;
};

}  // namespace lectern::server
