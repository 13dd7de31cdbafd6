#include "tests/bench/floor/recording.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

extern "C" {
#include <libavformat/avformat.h>
}

namespace lectern::bench {
namespace {

void append_packets(Bytes media, ByteVector& bytes) {
  while (!media.empty()) {
    const std::size_t size = std::min(media.size(), packet_size - packet_header);
    bytes.insert(bytes.end(), packet_header, std::byte{0x80});
    bytes.insert(bytes.end(), media.begin(), media.begin() + static_cast<std::ptrdiff_t>(size));
    media = media.subspan(size);
  }
}

}  // namespace

Recording read_recording(const std::string& path, double seconds) {
  AVFormatContext* opened = nullptr;
  if (avformat_open_input(&opened, path.c_str(), nullptr, nullptr) < 0)
    throw std::runtime_error(path + ": cannot be opened");
  const auto close = [](AVFormatContext* context) { avformat_close_input(&context); };
  const std::unique_ptr<AVFormatContext, decltype(close)> context(opened, close);
  const auto free = [](AVPacket* packet) { av_packet_free(&packet); };
  const std::unique_ptr<AVPacket, decltype(free)> packet(av_packet_alloc(), free);

  Recording recording;
  recording.streams = context->nb_streams;
  while (av_read_frame(context.get(), packet.get()) >= 0) {
    const AVStream& stream = *context->streams[packet->stream_index];
    const std::int64_t due = av_rescale_q(packet->dts, stream.time_base, {1, 1'000'000});
    const std::size_t offset = recording.bytes.size();
    append_packets(as_bytes(packet->data, static_cast<std::size_t>(packet->size)), recording.bytes);
    av_packet_unref(packet.get());
    if (static_cast<double>(due) > seconds * 1e6) break;
    recording.units.push_back(
        {due, static_cast<std::size_t>(stream.index), offset, recording.bytes.size() - offset});
  }
  if (recording.units.empty()) throw std::runtime_error(path + ": no unit can be read");
  std::stable_sort(recording.units.begin(), recording.units.end(),
                   [](const TimedUnit& a, const TimedUnit& b) { return a.due_us < b.due_us; });
  const std::int64_t first = recording.units.front().due_us;
  for (TimedUnit& unit : recording.units) unit.due_us -= first;
  return recording;
}

}  // namespace lectern::bench
