#pragma once

#include <atomic>

#include "media/library.h"
#include "server/config/config.h"
#include "server/paths/path_table.h"
#include "server/rtsp/connection_limits.h"
#include "server/rtsp/session_registry.h"

namespace lectern::server {

class RtspLoop;

/// What all loops share. Outlives them.
struct ServerContext {
  explicit ServerContext(const Config& configuration, media::LibraryOptions options)
      : config(configuration),
        paths(configuration.roots),
        connections(configuration.max_connections, configuration.max_connections_per_address),
        sessions(configuration.max_sessions),
        library(std::move(options)) {}

  const Config config;
  const PathTable paths;
  ConnectionLimits connections;
  SessionRegistry sessions;
  std::vector<RtspLoop*> loops;  ///< set once, before the first connection
  media::Library library;
};

}  // namespace lectern::server
