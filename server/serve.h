#pragma once

#include "server/config/config.h"

namespace lectern::server {

/// Serves until SIGINT or SIGTERM; gives the exit code.
int run_serve(Config config);

}  // namespace lectern::server
