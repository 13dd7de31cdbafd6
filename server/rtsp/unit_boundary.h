#pragma once

#include "media/cursor.h"
#include "server/rtsp/session_tracks.h"

namespace lectern::server {

/// Whether `cursor`, which is ready, stands within a unit of one of the tracks
/// `read`. Looks ahead in its segment alone.
bool amid_unit(media::Cursor& cursor, media::TrackMask read);

/// Whether pictures are still to come, in its segment, that are shown before
/// one that was sent of `tracks`.
bool amid_reordering(media::Cursor& cursor, const SessionTracks& tracks, const Presentation& presentation);

}  // namespace lectern::server
