#pragma once

#include "server/config/config.h"
#include "server/net/tls_context.h"

namespace lectern::server {

/// The certificate for RTSPS: that of the configuration, else the one that is kept in the state directory,
/// else a new one, which is kept there. Where that cannot be, it lasts until the server stops, and a warning
/// says what to do. The error names the configuration's key.
Result<TlsCertificate> server_certificate(const Config& config);

}  // namespace lectern::server
