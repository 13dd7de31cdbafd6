#include "protocol/payload/sample_packetizer.h"

#include <algorithm>

#include "protocol/payload/fragments.h"

namespace lectern::payload {

Status SamplePacketizer::packetize(const AccessUnit& unit, PayloadSink& sink) {
  if (frame_size_ == 0 || most_frames_ == 0) return invalid("no sample frame fits into a packet");
  if (unit.data.empty()) return invalid("empty audio unit");
  if (unit.data.size() % frame_size_ != 0)
    return invalid("audio unit of " + std::to_string(unit.data.size()) +
                   " bytes ends inside a sample frame of " + std::to_string(frame_size_));
  const std::size_t frames = unit.data.size() / frame_size_;
  const std::size_t step = pieces_ == Pieces::equal ? fragment_size(frames, most_frames_) : most_frames_;
  for (std::size_t at = 0; at < frames; at += step) {
    const Bytes piece = unit.data.subspan(at * frame_size_, std::min(step, frames - at) * frame_size_);
    std::ranges::copy(piece, sink.reserve(piece.size()).begin());
    sink.emit(piece.size(), false, static_cast<std::int32_t>(at));
  }
  return {};
}

}  // namespace lectern::payload
