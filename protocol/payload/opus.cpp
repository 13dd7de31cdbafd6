#include "protocol/payload/opus.h"

#include <algorithm>

namespace lectern::payload {
namespace {

class OpusPacketizer final : public Packetizer {
 public:
  explicit OpusPacketizer(std::size_t max_payload) : max_payload_(max_payload) {}

  Status packetize(const AccessUnit& unit, PayloadSink& sink) override {
    if (unit.data.empty()) return invalid("empty Opus packet");
    if (unit.data.size() > max_payload_)
      return Error{Errc::too_large, "Opus packet of " + std::to_string(unit.data.size()) +
                                        " bytes does not fit into one RTP packet"};
    std::ranges::copy(unit.data, sink.reserve(unit.data.size()).begin());
    sink.emit(unit.data.size(), false);
    return {};
  }

 private:
  std::size_t max_payload_;
};

}  // namespace

std::unique_ptr<Packetizer> OpusFormat::make_packetizer(std::size_t max_payload) const {
  return std::make_unique<OpusPacketizer>(max_payload);
}

}  // namespace lectern::payload
