#include "server/rtsp/unit_boundary.h"

#include <algorithm>

namespace lectern::server {
namespace {

/// No codec of the field reorders over more than 16 pictures (H.264 section
/// A.3.1), with sound between them.
constexpr std::size_t trains_looked_at = 64;

std::size_t next_train(media::Cursor& cursor) {
  return static_cast<std::size_t>(&cursor.train() - cursor.segment().trains().data());
}

}  // namespace

bool amid_unit(media::Cursor& cursor, media::TrackMask read) {
  const std::vector<media::Train>& trains = cursor.segment().trains();
  media::TrackMask passed = 0;
  for (std::size_t i = next_train(cursor); i < trains.size(); ++i) {
    const media::TrackMask track = media::TrackMask{1} << trains[i].track;
    if ((read & track) != 0 && (passed & track) == 0 && !trains[i].unit_start) return true;
    passed |= track;
    if ((read & ~passed) == 0) break;
  }
  return false;
}

bool amid_reordering(media::Cursor& cursor, const SessionTracks& tracks, const Presentation& presentation) {
  const std::vector<media::Train>& trains = cursor.segment().trains();
  const std::size_t next = next_train(cursor);
  const std::size_t end = std::min(trains.size(), next + trains_looked_at);
  return std::any_of(trains.data() + next, trains.data() + end, [&](const media::Train& train) {
    const SessionTrack* track = tracks.find(train.track);
    return track && presentation.tracks()[train.track].video() && track->shown_before_sent(train.pts_ticks);
  });
}

}  // namespace lectern::server
