#include "tests/bench/floor/units.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

extern "C" {
#include <libavformat/avformat.h>
}

namespace lectern::bench {

std::vector<TimedUnit> read_units(const std::string& path, double seconds) {
  AVFormatContext* opened = nullptr;
  if (avformat_open_input(&opened, path.c_str(), nullptr, nullptr) < 0)
    throw std::runtime_error(path + ": cannot be opened");
  const auto close = [](AVFormatContext* context) { avformat_close_input(&context); };
  const std::unique_ptr<AVFormatContext, decltype(close)> context(opened, close);
  const auto free = [](AVPacket* packet) { av_packet_free(&packet); };
  const std::unique_ptr<AVPacket, decltype(free)> packet(av_packet_alloc(), free);

  std::vector<TimedUnit> units;
  while (av_read_frame(context.get(), packet.get()) >= 0) {
    const AVStream& stream = *context->streams[packet->stream_index];
    const std::int64_t due = av_rescale_q(packet->dts, stream.time_base, {1, 1'000'000});
    const auto size = static_cast<std::size_t>(packet->size);
    av_packet_unref(packet.get());
    if (static_cast<double>(due) > seconds * 1e6) break;
    units.push_back({due, size, static_cast<std::size_t>(stream.index)});
  }
  if (units.empty()) throw std::runtime_error(path + ": no unit can be read");
  std::stable_sort(units.begin(), units.end(),
                   [](const TimedUnit& a, const TimedUnit& b) { return a.due_us < b.due_us; });
  const std::int64_t first = units.front().due_us;
  for (TimedUnit& unit : units) unit.due_us -= first;
  return units;
}

}  // namespace lectern::bench
