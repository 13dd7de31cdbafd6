#include "server/rtsp/track_keys.h"

namespace lectern::server {

OfferedStream sent_stream(const SessionTrack& track) {
  if (const auto& shared = track.shared()) return shared_stream(*shared, track.index());
  const Protection& protection = *track.protection();
  return {track.ssrc(), protection.outbound(), protection.rollover(track.ssrc())};
}

Status protect(SessionTrack& track, const Agreement& agreement,
               const std::shared_ptr<const media::SharedStreams>& shared) {
  if (Protection* protection = track.protection()) {
    const Status changed = protection->change_outbound(agreement.outbound.keys, track.ssrc());
    return changed ? protection->change_inbound(agreement.inbound) : changed;
  }
  auto protection = Protection::create(agreement.outbound.keys, agreement.inbound);
  if (!protection) return std::move(protection).error();
  const bool of_all = shared && shared->stream(track.index()).ssrc == agreement.outbound.ssrc;
  track.protect(*std::move(protection), of_all ? shared : nullptr);
  return {};
}

std::string key_mgmt_of(const SessionTrack& track) {
  return key_mgmt_answer(track.url(), sent_stream(track));
}

Result<Agreement> agree_on_change(const SessionTrack& track, std::string_view header) {
  const OfferedStream sent = sent_stream(track);
  auto agreement = agree(header, sent);
  if (agreement && track.shared() && agreement->outbound.keys != sent.keys)
    return unsupported("all viewers share the key of this stream (key_scope: stream)");
  return agreement;
}

Status change_keys(SessionTrack& track, std::string_view header) {
  if (!track.protection()) return invalid("the track is not protected");
  const auto agreement = agree_on_change(track, header);
  return agreement ? protect(track, *agreement) : agreement.error();
}

}  // namespace lectern::server
