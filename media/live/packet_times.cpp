#include "media/live/packet_times.h"

#include <algorithm>

extern "C" {
#include <libavformat/avformat.h>
}

#include "media/track.h"

namespace lectern::media {
namespace {

constexpr AVRational microseconds{1, AV_TIME_BASE};
constexpr MediaTime longest_duration = 10'000'000;

}  // namespace

PacketTimes::PacketTimes(const AVFormatContext& context, const TrackSelection& selection)
    : track_of_stream_(context.nb_streams, -1) {
  for (const Track& track : selection.tracks) {
    const AVStream& stream = *context.streams[track.stream];
    track_of_stream_[static_cast<std::size_t>(track.stream)] = static_cast<int>(clocks_.size());
    Clock clock;
    if (stream.time_base.num > 0 && stream.time_base.den > 0) {
      clock.base_num = stream.time_base.num;
      clock.base_den = stream.time_base.den;
    }
    clock.rate = std::max<std::uint32_t>(1, track.format.clock_rate);
    clock.reorders = stream.codecpar->video_delay > 0;
    const AVRational rate = stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate;
    if (track.video() && rate.num > 0 && rate.den > 0)
      clock.frame = av_rescale_q(1, av_inv_q(rate), microseconds);
    clocks_.push_back(clock);
  }
}

std::optional<Unit> PacketTimes::unit_of(Packet packet, MediaTime now) {
  const auto stream = static_cast<std::size_t>(packet->stream_index);
  // Streams can appear while a source runs; they were not announced, so they are not served.
  if (stream >= track_of_stream_.size() || track_of_stream_[stream] < 0 || packet->size <= 0)
    return std::nullopt;
  Unit unit;
  unit.track = static_cast<std::uint8_t>(track_of_stream_[stream]);
  unit.random_access = packet->flags & AV_PKT_FLAG_KEY;
  Clock& clock = clocks_[unit.track];
  const auto time = [&](std::int64_t stamp) {
    return av_rescale(stamp, clock.base_num * AV_TIME_BASE, clock.base_den);
  };
  unit.duration = time(packet->duration);
  if (unit.duration <= 0 || unit.duration > longest_duration) unit.duration = clock.frame;
  const bool has_pts = packet->pts != AV_NOPTS_VALUE, has_dts = packet->dts != AV_NOPTS_VALUE;
  if (has_dts)
    unit.dts = time(packet->dts);
  else if (has_pts && (!clock.reorders || !clock.next_dts))
    unit.dts = time(packet->pts);
  else
    unit.dts = clock.next_dts.value_or(now);
  // RTP carries no dts: that of reordered pictures is at most their pts.
  if (has_pts && !has_dts) unit.dts = std::min(unit.dts, time(packet->pts));
  unit.pts = has_pts ? time(packet->pts) : unit.dts;
  unit.pts_ticks = has_pts ? av_rescale(packet->pts, clock.base_num * clock.rate, clock.base_den)
                           : av_rescale(unit.pts, clock.rate, AV_TIME_BASE);
  clock.next_dts = unit.dts + unit.duration;
  unit.packet = std::move(packet);
  return unit;
}

}  // namespace lectern::media
