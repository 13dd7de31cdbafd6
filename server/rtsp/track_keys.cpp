#include "server/rtsp/track_keys.h"

namespace lectern::server {

OfferedStream sent_stream(const SessionTrack& track) {
  if (const auto& shared = track.shared()) return shared_stream(*shared, track.index());
  return {track.ssrc(), track.protection()->outbound(), track.position().rollover};
}

Result<Agreement> agree_on_change(const SessionTrack& track, std::string_view header) {
  if (!track.protection()) return invalid("the track is not protected");
  const OfferedStream sent = sent_stream(track);
  auto agreement = agree(header, sent);
  if (agreement && track.shared() && agreement->outbound.keys != sent.keys)
    return unsupported("all viewers share the key of this stream (key_scope: stream)");
  return agreement;
}

Result<TrackKeys> TrackKeys::prepare(SessionTrack& track, const Agreement& agreement,
                                     std::shared_ptr<const media::SharedStreams> shared) {
  TrackKeys keys(track);
  const auto& outbound = agreement.outbound.keys;
  if (const Protection* protection = track.protection()) {
    auto change = protection->prepare(outbound, agreement.inbound, track.position());
    if (!change) return std::move(change).error();
    keys.change_ = *std::move(change);
    return keys;
  }
  auto first = Protection::create(outbound, agreement.inbound, track.position());
  if (!first) return std::move(first).error();
  keys.first_ = *std::move(first);
  if (shared && shared->stream(track.index()).ssrc == agreement.outbound.ssrc)
    keys.shared_ = std::move(shared);
  return keys;
}

Result<TrackKeys> TrackKeys::prepare(SessionTrack& track, std::string_view header) {
  const auto agreement = agree_on_change(track, header);
  return agreement ? prepare(track, *agreement) : agreement.error();
}

void TrackKeys::take() && {
  if (first_)
    track_->protect(std::move(first_), std::move(shared_));
  else
    track_->protection()->take(std::move(change_));
}

std::string key_mgmt_of(const SessionTrack& track) {
  return key_mgmt_answer(track.url(), sent_stream(track));
}

}  // namespace lectern::server
