#pragma once

#include "server/rtsp/session_track.h"
#include "server/srtp/key_exchange.h"

namespace lectern::server {

/// Protects a track with what was agreed on, or goes on with other keys where it is protected already.
Status protect(SessionTrack& track, const Agreement& agreement);

/// The value of KeyMgmt for a track that is protected.
std::string key_mgmt_of(const SessionTrack& track);

/// What a KeyMgmt header of a later request changes of a protected track: the keys that the player manages,
/// or only those of what the player sends. Errc::invalid or Errc::unsupported, which make a 463.
Status change_keys(SessionTrack& track, std::string_view header);

}  // namespace lectern::server
