#include "media/live/live_times.h"

#include <algorithm>
#include <cstdlib>

extern "C" {
#include <libavutil/avutil.h>
#include <libavutil/mathematics.h>
}

#include "media/time_jumps.h"

namespace lectern::media {
namespace {

/// A source may be so far ahead of the clock, or behind it, before its times are taken for wrong: segmented
/// protocols deliver in large portions.
constexpr MediaTime most_apart = 60'000'000;
/// Beyond what reordering lets times go back by, where a demuxer takes pts for dts.
constexpr MediaTime clearly_back = 500'000;
/// A picture is not shown so long after it is decoded.
constexpr MediaTime longest_reordering = 10'000'000;
/// Within these bounds sums and differences cannot overflow.
constexpr MediaTime time_bound = MediaTime{1} << 56;

}  // namespace

void LiveTimes::begin(const std::vector<Track>& tracks) {
  clocks_.resize(tracks.size());
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    clocks_[i].rate = std::max<std::uint32_t>(1, tracks[i].format.clock_rate);
    clocks_[i].video = tracks[i].video();
    clocks_[i].fresh = true;
  }
  run_offset_.reset();
}

MediaTime LiveTimes::offset_near(MediaTime wanted, const Clock& clock) const {
  for (const Clock& other : clocks_)
    if (!other.fresh && other.offset != clock.offset && together(other.offset, wanted)) return other.offset;
  return wanted;
}

void LiveTimes::place(Unit& unit, MediaTime now) {
  Clock& clock = clocks_[unit.track];
  unit.dts = std::clamp(unit.dts, -time_bound, time_bound);
  const MediaTime pts = std::clamp(unit.pts, -time_bound, time_bound);
  if (pts != unit.pts || std::abs(pts - unit.dts) > longest_reordering) {
    unit.pts = unit.dts;
    unit.pts_ticks = av_rescale(unit.pts, clock.rate, AV_TIME_BASE);
    ++repaired_;
  }
  // Behind everything that was sent before the source was away.
  if (!run_offset_) run_offset_ = next(now) - unit.dts;
  if (std::exchange(clock.fresh, false)) clock.offset = *run_offset_;
  const MediaTime expected = clock.last_dts ? *clock.last_dts + clock.last_duration : now;
  MediaTime dts = unit.dts + clock.offset;
  // After a pause of the source its times are right where they have gone on as the clock has.
  const bool back = clock.last_dts && dts < *clock.last_dts - clearly_back;
  const bool jumped = back || (jumps_between(expected, dts) && !together(dts, now));
  if (jumped || std::abs(dts - now) > most_apart) {
    const MediaTime begin = together(expected, now) ? expected : std::max(now, expected);
    clock.offset = offset_near(begin - unit.dts, clock);
    dts = unit.dts + clock.offset;
    ++repaired_;
  }
  const MediaTime shift = clock.offset;
  unit.pts += shift;
  unit.pts_ticks += av_rescale(shift, clock.rate, AV_TIME_BASE);
  unit.dts = dts;
  // Of video the pts is right, be it before dts: pictures are reordered, and RTP carries pts alone.
  if (clock.last_dts && dts < *clock.last_dts) {
    unit.dts = *clock.last_dts;
    if (!clock.video) {
      unit.pts = std::max(unit.pts, unit.dts);
      unit.pts_ticks = av_rescale(unit.pts, clock.rate, AV_TIME_BASE);
      ++repaired_;
    }
  }
  remember(clock, unit);
}

MediaTime LiveTimes::next(MediaTime now) const {
  MediaTime begin = now;
  for (const Clock& each : clocks_)
    if (each.last_dts) begin = std::max({begin, *each.last_dts + each.last_duration, each.newest_pts + 1});
  return begin;
}

void LiveTimes::remember(Clock& clock, const Unit& unit) {
  clock.newest_pts = clock.last_dts ? std::max(clock.newest_pts, unit.pts) : unit.pts;
  clock.last_dts = unit.dts;
  clock.last_duration = std::clamp<MediaTime>(unit.duration, 0, 1'000'000);
}

void LiveTimes::note(const Unit& unit) {
  if (unit.track < clocks_.size()) remember(clocks_[unit.track], unit);
}

}  // namespace lectern::media
