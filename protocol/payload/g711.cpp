#include "protocol/payload/g711.h"

#include <algorithm>

#include "protocol/payload/sample_packetizer.h"

namespace lectern::payload {

std::unique_ptr<Packetizer> G711Format::make_packetizer(std::size_t max_payload) const {
  const std::size_t frames_of_20_ms = std::max(rate / 50, 1U);
  const std::size_t most = channels == 0 ? 0 : std::min<std::size_t>(frames_of_20_ms, max_payload / channels);
  return std::make_unique<SamplePacketizer>(channels, most, SamplePacketizer::Pieces::full);
}

}  // namespace lectern::payload
