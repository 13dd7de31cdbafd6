#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/paths/presentation.h"
#include "server/rtsp/session_track.h"

namespace lectern::server {

/// What the log's two lines about a viewer say of the streams that it gets.

/// ", SRTP AES_CM_128_HMAC_SHA1_80" where they are protected; else nothing.
std::string describe_protection(const std::vector<std::unique_ptr<SessionTrack>>& tracks);
/// "; track1: lost 0, jitter 0.1 ms (at most 0.2), round trip 1.0 ms" of each that the player reported on.
std::string describe_reports(const std::vector<std::unique_ptr<SessionTrack>>& tracks,
                             const Presentation& presentation);

}  // namespace lectern::server
