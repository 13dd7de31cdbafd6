#pragma once

#include "server/cli/command.h"
#include "server/config/config.h"
#include "server/loop/file_stamp.h"

namespace lectern::server {

/// Serves until SIGINT or SIGTERM; gives the exit code. `config` is what make_config() gives for `command`,
/// which is read again where a reload is asked for; `read`: its file as it was then.
int run_serve(Config config, const ServeCommand& command, const FileStamp& read);

/// What a configuration means on this system: lowers what the system does not allow, and warns of what is
/// not wise.
void fit_to_system(Config& config);

}  // namespace lectern::server
