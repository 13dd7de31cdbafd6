#include "media/live/live_units.h"

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/time.h>
}

namespace lectern::media {

std::optional<LiveUnit> LiveUnits::pop() {
  while (Packet next = first_times_.pop()) {
    auto unit = times_.unit_of(std::move(next), av_gettime_relative());
    if (!unit) continue;
    configurations_.apply(*unit, nullptr);
    const auto at = captured(*unit);
    return LiveUnit{*std::move(unit), at};
  }
  return std::nullopt;
}

std::optional<std::int64_t> LiveUnits::captured(const Unit& unit) const {
  // Of RTP once a sender report came: the wall clock at time 0. Before the side data, which a parser puts to
  // the packet before the one it came with.
  if (context_.start_time_realtime != AV_NOPTS_VALUE && context_.start_time_realtime > 0)
    return context_.start_time_realtime + unit.pts;
  std::size_t size = 0;
  const std::uint8_t* data = av_packet_get_side_data(unit.packet.get(), AV_PKT_DATA_PRFT, &size);
  if (data && size >= sizeof(AVProducerReferenceTime))
    return reinterpret_cast<const AVProducerReferenceTime*>(data)->wallclock;
  return std::nullopt;
}

}  // namespace lectern::media
