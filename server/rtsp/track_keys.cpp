#include "server/rtsp/track_keys.h"

namespace lectern::server {
namespace {

OfferedStream sent_stream(const SessionTrack& track) {
  return {track.ssrc(), track.protection()->outbound()};
}

}  // namespace

Result<TrackKeys> TrackKeys::prepare(SessionTrack& track, const Agreement& agreement) {
  TrackKeys keys(track);
  const auto& outbound = agreement.outbound.keys;
  if (const Protection* protection = track.protection()) {
    auto change = protection->prepare(outbound, agreement.inbound, track.position());
    if (!change) return std::move(change).error();
    keys.change_ = *std::move(change);
  } else {
    auto first = Protection::create(outbound, agreement.inbound, track.position());
    if (!first) return std::move(first).error();
    keys.first_ = *std::move(first);
  }
  return keys;
}

Result<TrackKeys> TrackKeys::prepare(SessionTrack& track, std::string_view header) {
  if (!track.protection()) return invalid("the track is not protected");
  const auto agreement = agree(header, sent_stream(track));
  return agreement ? prepare(track, *agreement) : agreement.error();
}

void TrackKeys::take() && {
  if (first_)
    track_->protect(std::move(first_));
  else
    track_->protection()->take(std::move(change_));
}

std::string key_mgmt_of(const SessionTrack& track) {
  return key_mgmt_answer(track.url(), sent_stream(track), track.position().rollover);
}

}  // namespace lectern::server
