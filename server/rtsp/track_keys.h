#pragma once

#include "server/rtsp/session_track.h"
#include "server/srtp/key_exchange.h"

namespace lectern::server {

/// Protects a track with what was agreed on, or goes on with other keys where it is protected already. Where
/// that is the stream that all viewers share, it is sent as it is there.
Status protect(SessionTrack& track, const Agreement& agreement,
               const std::shared_ptr<const media::SharedStreams>& shared = nullptr);

/// The stream and the keys that a protected track is sent with.
OfferedStream sent_stream(const SessionTrack& track);

/// What a KeyMgmt header makes of the keys of a protected track. Errc::unsupported where it wants another key
/// for a stream that all viewers share.
Result<Agreement> agree_on_change(const SessionTrack& track, std::string_view header);

/// The value of KeyMgmt for a track that is protected.
std::string key_mgmt_of(const SessionTrack& track);

/// What a KeyMgmt header of a later request changes of a protected track: the keys that the player manages,
/// or only those of what the player sends. Errc::invalid or Errc::unsupported, which make a 463.
Status change_keys(SessionTrack& track, std::string_view header);

}  // namespace lectern::server
