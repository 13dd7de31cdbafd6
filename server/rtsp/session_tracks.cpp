#include "server/rtsp/session_tracks.h"

#include <algorithm>

namespace lectern::server {

SessionTrack* SessionTracks::find(std::size_t track) const {
  for (const auto& each : all_)
    if (each->index() == track) return each.get();
  return nullptr;
}

SessionTrack& SessionTracks::add(std::size_t track, std::string url, std::optional<std::uint32_t> ssrc,
                                 const rtp::StreamStart& start) {
  if (SessionTrack* known = find(track)) return *known;
  return *all_.emplace_back(
      std::make_unique<SessionTrack>(track, presentation_->tracks()[track], std::move(url), ssrc, start));
}

void SessionTracks::remove(std::size_t track) {
  if (SessionTrack* found = find(track)) {
    if (found->delivery()) found->delivery()->flush();
    removed_packets_ += found->packets();
    removed_octets_ += found->octets();
  }
  std::erase_if(all_, [&](const auto& each) { return each->index() == track; });
}

media::TrackMask SessionTracks::at_scale(double scale) const {
  media::TrackMask mask = 0;
  for (const auto& track : all_)
    if (scale == 1 || presentation_->tracks()[track->index()].video())
      mask |= media::TrackMask{1} << track->index();
  return mask;
}

void SessionTracks::flush() const {
  for (const auto& track : all_)
    if (track->delivery()) track->delivery()->flush();
}

void SessionTracks::say_bye(std::int64_t now_us, const PlaybackClock& clock, const std::string& cname,
                            std::string_view reason) const {
  for (const auto& track : all_)
    if (track->delivery() && track->owes_bye()) track->send_bye(now_us, clock, cname, reason);
}

std::int64_t SessionTracks::report(std::int64_t now_us, const PlaybackClock& clock, const std::string& cname,
                                   std::int64_t latest) const {
  for (const auto& track : all_) latest = std::min(latest, track->report_if_due(now_us, clock, cname));
  return latest;
}

media::MediaTime SessionTracks::lead_of(const media::ReadStart& start) const {
  media::MediaTime lead = 0;
  for (const auto& track : all_)
    if (const auto first = start.first_ticks[track->index()])
      lead = std::max(lead, start.position - static_cast<media::MediaTime>(static_cast<__int128>(*first) *
                                                                           1'000'000 / track->clock_rate()));
  return lead;
}

bool SessionTracks::any_key_spent() const {
  return std::ranges::any_of(
      all_, [](const auto& track) { return track->protection() && track->protection()->spent(); });
}

std::uint64_t SessionTracks::packets() const {
  std::uint64_t sum = removed_packets_;
  for (const auto& track : all_) sum += track->packets();
  return sum;
}

std::uint64_t SessionTracks::octets() const {
  std::uint64_t sum = removed_octets_;
  for (const auto& track : all_) sum += track->octets();
  return sum;
}

}  // namespace lectern::server
