#include "server/rtsp/track_keys.h"

namespace lectern::server {
namespace {

OfferedStream sent_stream(const SessionTrack& track) {
  return {track.ssrc(), track.protection()->outbound()};
}

}  // namespace

Status protect(SessionTrack& track, const Agreement& agreement) {
  if (Protection* protection = track.protection()) {
    const Status changed = protection->change_outbound(agreement.outbound.keys, track.ssrc());
    return changed ? protection->change_inbound(agreement.inbound) : changed;
  }
  auto protection = Protection::create(agreement.outbound.keys, agreement.inbound);
  if (!protection) return std::move(protection).error();
  track.protect(*std::move(protection));
  return {};
}

std::string key_mgmt_of(const SessionTrack& track) {
  return key_mgmt_answer(track.url(), sent_stream(track), track.protection()->rollover(track.ssrc()));
}

Status change_keys(SessionTrack& track, std::string_view header) {
  if (!track.protection()) return invalid("the track is not protected");
  const auto agreement = agree(header, sent_stream(track));
  return agreement ? protect(track, *agreement) : agreement.error();
}

}  // namespace lectern::server
