#pragma once

#include "media/live/av_source.h"
#include "server/paths/live_config.h"

namespace lectern::server {

/// Has a source of rtsps:// or https:// show the certificate that tls_verify and tls_fingerprint want, where
/// they want one. libavformat 5.1 checks none of rtsps://: its connection is made here, and libavformat talks
/// through a port of the loopback interface. For https:// it verifies by itself, but knows no fingerprint:
/// that is looked at by a connection of its own before each, so that one who can tell the two apart is not
/// found.
void check_certificate(const LiveConfig& live, media::AvSourceOptions& options);

}  // namespace lectern::server
