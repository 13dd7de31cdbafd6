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
    clocks_[i].pace.reset();
    clocks_[i].factor = 1;
  }
  run_offset_.reset();
}

MediaTime LiveTimes::offset_near(MediaTime wanted, const Clock& clock) const {
  for (const Clock& other : clocks_)
    if (!other.fresh && other.offset != clock.offset && together(other.offset, wanted)) return other.offset;
  return wanted;
}

bool LiveTimes::is_stretched(std::size_t track) const {
  return track < clocks_.size() && clocks_[track].factor != 1;
}

MediaTime LiveTimes::stretched(const Clock& clock, MediaTime time) {
  const double since = static_cast<double>(time - clock.stretched_at) * clock.factor;
  constexpr auto bound = static_cast<double>(time_bound);
  return clock.stretched_to + static_cast<MediaTime>(std::clamp(since, -bound, bound));
}

/// Where the clock of a track is not as fast as it was announced to be, its times are made to go as time
/// does.
TimeFault LiveTimes::stretch(Clock& clock, Unit& unit, MediaTime now) {
  clock.pace.observe(unit.dts, now);
  const double factor = clock.pace.factor();
  TimeFault fault = TimeFault::none;
  if (factor != clock.factor) {
    clock.stretched_to = clock.factor == 1 ? unit.dts : stretched(clock, unit.dts);
    clock.stretched_at = unit.dts;
    clock.factor = factor;
    fault = TimeFault::pace;
  }
  if (clock.factor == 1) return fault;
  unit.pts = stretched(clock, unit.pts);
  unit.dts = stretched(clock, unit.dts);
  unit.pts_ticks = av_rescale(unit.pts, clock.rate, AV_TIME_BASE);
  return fault;
}

TimeFault LiveTimes::place(Unit& unit, MediaTime now) {
  Clock& clock = clocks_[unit.track];
  unit.dts = std::clamp(unit.dts, -time_bound, time_bound);
  const MediaTime pts = std::clamp(unit.pts, -time_bound, time_bound);
  TimeFault fault = TimeFault::none;
  if (pts != unit.pts || std::abs(pts - unit.dts) > longest_reordering) {
    unit.pts = unit.dts;
    unit.pts_ticks = av_rescale(unit.pts, clock.rate, AV_TIME_BASE);
    fault = TimeFault::apart;
  }
  if (const TimeFault found = stretch(clock, unit, now); found != TimeFault::none) fault = found;
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
    fault = back ? TimeFault::went_back : TimeFault::jumped;
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
      fault = TimeFault::went_back;
    }
  }
  remember(clock, unit);
  if (fault != TimeFault::none) ++repaired_;
  return fault;
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
