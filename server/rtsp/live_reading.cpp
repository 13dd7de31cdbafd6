#include "server/rtsp/live_reading.h"

#include <algorithm>

namespace lectern::server {

void LiveReading::tell_rollovers(const Tracks& tracks, std::size_t of_all) {
  if (std::ranges::any_of(tracks, [](const auto& track) { return track->shared() == nullptr; })) return;
  std::vector<std::uint32_t> counters(of_all);
  for (const auto& track : tracks) counters[track->index()] = media::roc_of(track->shared_index());
  cursor_.set_told_rocs(std::move(counters));
}

PlaybackClock::Play LiveReading::begin(const media::ReadStart& start, std::int64_t now_us,
                                       std::int64_t wall_us, media::MediaTime lead) {
  due_ = start.due;
  const std::int64_t sent_us = origin_us_ + start.due;
  const bool known = cursor_.state() == media::Cursor::State::ready;
  return {sent_us, known ? wall_of_begin() : wall_us - (now_us - sent_us), start.position, start.due, 1, 1,
          lead};
}

bool LiveReading::has_skipped() {
  return std::exchange(skips_, lag().times) != lag().times;
}

void LiveReading::send_reports(const Tracks& tracks) {
  const auto& reports = shared()->reports();
  if (!reports || std::exchange(report_, reports->number()) == reports->number()) return;
  for (const auto& track : tracks)
    if (track->shared()) track->delivery()->send_rtcp(reports->of_track(track->index()));
}

bool LiveReading::is_beyond_rollover(const Tracks& tracks) const {
  return std::ranges::any_of(tracks, [&](const auto& track) {
    if (!track->shared()) return false;
    const auto first = first_of(*track);
    const std::uint64_t index = first ? first->index : track->shared()->next_index(track->index());
    // RFC 3711 section 3.3.1: a receiver guesses the counter from the half of the numbers around the last.
    return index > track->shared_index() + 0x7fff;
  });
}

std::optional<media::SharedStart> LiveReading::first_of(const SessionTrack& track) const {
  const auto starts = cursor_.shared_start();
  return track.index() < starts.size() ? starts[track.index()] : std::nullopt;
}

PlayBegun::Stream LiveReading::describe(const SessionTrack& track, media::MediaTime position) const {
  if (const auto first = first_of(track))
    return {track.url(), static_cast<std::uint16_t>(first->index), first->timestamp};
  const auto ticks = static_cast<__int128>(position) * track.clock_rate() / 1'000'000;
  return {track.url(), std::nullopt,
          track.shared()->stream(track.index()).timestamp_base + static_cast<std::uint32_t>(ticks)};
}

}  // namespace lectern::server
