#include "protocol/payload/l16.h"

#include "protocol/payload/sample_packetizer.h"

namespace lectern::payload {

std::unique_ptr<Packetizer> L16Format::make_packetizer(std::size_t max_payload) const {
  const std::size_t frame_size = std::size_t{2} * channels;
  const std::size_t most = frame_size == 0 ? 0 : max_payload / frame_size;
  return std::make_unique<SamplePacketizer>(frame_size, most, SamplePacketizer::Pieces::equal);
}

}  // namespace lectern::payload
