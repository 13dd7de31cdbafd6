#include "media/timestamps.h"

#include <algorithm>
#include <tuple>

extern "C" {
#include <libavformat/avformat.h>
}

namespace lectern::media {
namespace {

constexpr AVRational microseconds{1, AV_TIME_BASE};

/// A file that jumps more often is damaged.
constexpr std::size_t most_jumps = 1000;

/// Damaged files store any time: within these bounds sums and differences cannot overflow.
constexpr std::int64_t time_bound = std::int64_t{1} << 56;
std::int64_t bounded(std::int64_t time) {
  return std::clamp(time, -time_bound, time_bound);
}

}  // namespace

Timestamps::Timestamps(const Demuxer& demuxer, const std::vector<Track>& tracks)
    : track_of_stream_(demuxer.context().nb_streams, -1), untimed_(demuxer.untimed()), trusted_(untimed_) {
  const AVFormatContext& context = demuxer.context();
  if (!untimed_ && context.start_time != AV_NOPTS_VALUE) origin_ = bounded(context.start_time);
  for (const Track& track : tracks) {
    const AVStream& stream = demuxer.stream(track.stream);
    track_of_stream_[static_cast<std::size_t>(track.stream)] = static_cast<int>(clocks_.size());
    Clock clock;
    clock.stream = track.stream;
    clock.base_num = stream.time_base.num;
    clock.base_den = stream.time_base.den;
    clock.rate = track.format.clock_rate;
    clock.reorder = std::max(0, stream.codecpar->video_delay);
    const AVRational rate = stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate;
    if (track.video() && rate.num > 0 && rate.den > 0)
      clock.frame = av_rescale_q(1, av_inv_q(rate), microseconds);
    clocks_.push_back(clock);
    trusted_ = trusted_ || (demuxer.is_mov() && stream.nb_frames > 0);
  }
}

MediaTime Timestamps::media_time(std::size_t track, std::int64_t timestamp) const {
  const Clock& clock = clocks_[track];
  return bounded(av_rescale(timestamp, clock.base_num * AV_TIME_BASE, clock.base_den)) - origin_;
}

void Timestamps::restart(std::int64_t counted) {
  for (Clock& clock : clocks_) {
    clock.last_dts.reset();
    clock.counted = counted;
    clock.offset = 0;
    clock.leapt_to.reset();
  }
}

void Timestamps::place_by_count(Unit& unit, Clock& clock) const {
  std::int64_t duration = unit.packet->duration;
  if (duration <= 0 || duration > time_bound)
    duration = av_rescale(clock.frame, clock.base_den, clock.base_num * AV_TIME_BASE);
  unit.packet->dts = unit.packet->pts = clock.counted;
  unit.dts = unit.pts = bounded(av_rescale(clock.counted, clock.base_num * AV_TIME_BASE, clock.base_den));
  unit.pts_ticks = bounded(av_rescale(clock.counted, clock.base_num * clock.rate, clock.base_den));
  unit.pts_guessed = clock.reorder > 0;
  clock.counted = bounded(clock.counted + std::max<std::int64_t>(duration, 1));
}

void Timestamps::place_by_stamps(Unit& unit, Clock& clock) const {
  const AVPacket& packet = *unit.packet;
  const auto track = unit.track;
  const auto next = [&] { return clock.last_dts ? *clock.last_dts + clock.last_duration : MediaTime{0}; };
  if (packet.pts != AV_NOPTS_VALUE) {
    unit.pts = media_time(track, packet.pts);
    unit.pts_ticks = bounded(av_rescale(packet.pts, clock.base_num * clock.rate, clock.base_den)) -
                     av_rescale(origin_, clock.rate, AV_TIME_BASE);
  }
  if (packet.dts != AV_NOPTS_VALUE)
    unit.dts = media_time(track, packet.dts);
  else if (packet.pts == AV_NOPTS_VALUE)
    unit.dts = next();
  else if (clock.reorder == 0)
    unit.dts = unit.pts;
  else
    unit.dts =
        clock.last_dts ? std::min(next() - clock.offset, unit.pts) : unit.pts - clock.reorder * clock.frame;
  if (packet.pts == AV_NOPTS_VALUE) {
    unit.pts = unit.dts;
    unit.pts_ticks = av_rescale(unit.pts, clock.rate, AV_TIME_BASE);
    unit.pts_guessed = clock.reorder > 0;
  }
}

void Timestamps::apply_jumps(Unit& unit, Clock& clock) {
  const AVPacket& packet = *unit.packet;
  if (packet.dts == AV_NOPTS_VALUE && packet.pts == AV_NOPTS_VALUE) return;
  if (packet.pos >= 0 && jumps_) clock.offset = offset_at(*jumps_, unit.track, packet.pos);
  const MediaTime expected = clock.last_dts ? *clock.last_dts + clock.last_duration : unit.dts;
  if (finding_ && packet.pos >= 0 && jumps_between(expected, unit.dts + clock.offset) &&
      (unit.dts + clock.offset < expected || !reached(unit.track, unit.dts + clock.offset))) {
    auto jumps = jumps_ ? std::make_shared<TimeJumps>(*jumps_) : std::make_shared<TimeJumps>();
    if (jumps->size() < most_jumps) {
      clock.offset = jump_offset(*jumps, expected, unit.dts);
      jumps->push_back({packet.pos, unit.track, clock.offset});
      jumps_ = std::move(jumps);
    }
  }
  unit.dts += clock.offset;
  unit.pts += clock.offset;
  unit.pts_ticks += av_rescale(clock.offset, clock.rate, AV_TIME_BASE);
}

std::optional<MediaTime> Timestamps::newest_of_others(std::uint8_t track) const {
  std::optional<MediaTime> newest;
  for (std::size_t i = 0; i < clocks_.size(); ++i)
    if (i != track && clocks_[i].last_dts)
      newest = std::max(newest.value_or(*clocks_[i].last_dts), *clocks_[i].last_dts);
  return newest;
}

/// Demuxers of MPEG streams give a picture only once they see the next, so the sound may be far beyond it.
bool Timestamps::reached(std::uint8_t track, MediaTime time) const {
  for (std::size_t i = 0; i < clocks_.size(); ++i) {
    if (i == track) continue;
    const auto& [last, leapt] = std::tie(clocks_[i].last_dts, clocks_[i].leapt_to);
    if ((last && (*last > time || together(*last, time))) || (leapt && together(*leapt, time))) return true;
  }
  return false;
}

/// A pause of the whole file is told from a damaged time by what comes next: the other tracks, or where they
/// have ended this one, are behind the pause too.
bool Timestamps::leaps_alone(const Unit& unit, Clock& clock) const {
  constexpr MediaTime confirmed = 2'000'000;
  const auto others = newest_of_others(unit.track);
  if (trusted_ || clock.pauses || reached(unit.track, unit.dts) || (clocks_.size() > 1 && !others))
    return false;
  if (!clock.leapt_to || unit.dts < *clock.leapt_to) {
    clock.leapt_to = unit.dts;
    clock.others_then = others;
  }
  clock.pauses = clock.others_then == others && unit.dts - *clock.leapt_to >= confirmed;
  return !clock.pauses;
}

void Timestamps::keep_in_order(Unit& unit, Clock& clock) const {
  if (!clock.last_dts) return;
  const MediaTime expected = *clock.last_dts + clock.last_duration;
  if (jumps_between(expected, unit.dts)) {
    if (unit.dts < expected) {
      // Back from a damaged time that a seek led to.
      if (const auto others = newest_of_others(unit.track); others && together(*others, unit.dts)) return;
    } else if (leaps_alone(unit, clock)) {
      unit.dts = *clock.last_dts + std::min(clock.last_duration, clock.last_step);
      return;
    }
  }
  clock.leapt_to.reset();
  unit.dts = std::max(unit.dts, *clock.last_dts);
}

std::optional<Unit> Timestamps::unit_of(Packet packet) {
  const auto stream = static_cast<std::size_t>(packet->stream_index);
  // Streams can appear while a file is read (MPEG-TS); they were not announced, so they are not served.
  if (stream >= track_of_stream_.size() || track_of_stream_[stream] < 0 || packet->size <= 0)
    return std::nullopt;
  Unit unit;
  unit.track = static_cast<std::uint8_t>(track_of_stream_[stream]);
  unit.random_access = packet->flags & AV_PKT_FLAG_KEY;
  unit.packet = std::move(packet);
  Clock& clock = clocks_[unit.track];
  constexpr MediaTime longest = 10 * AV_TIME_BASE;
  unit.duration = av_rescale(unit.packet->duration, clock.base_num * AV_TIME_BASE, clock.base_den);
  if (unit.duration <= 0 || unit.duration > longest) unit.duration = clock.frame;
  if (untimed_)
    place_by_count(unit, clock);
  else
    place_by_stamps(unit, clock);
  if (finding_ || jumps_) apply_jumps(unit, clock);
  keep_in_order(unit, clock);
  if (clock.last_dts) clock.last_step = std::max<MediaTime>(0, unit.dts - *clock.last_dts);
  clock.last_dts = unit.dts;
  clock.last_duration = unit.duration;
  return unit;
}

}  // namespace lectern::media
