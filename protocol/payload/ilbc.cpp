#include "protocol/payload/ilbc.h"

#include <algorithm>

namespace lectern::payload {
namespace {

class IlbcPacketizer final : public Packetizer {
 public:
  IlbcPacketizer(const IlbcFormat& format, std::size_t max_payload)
      : block_(format.block_size),
        ticks_(format.mode() * IlbcFormat::clock_rate / 1000),
        most_blocks_(std::max<std::size_t>(max_payload / block_, 1)) {}

  Status packetize(const AccessUnit& unit, PayloadSink& sink) override {
    if (unit.data.empty() || unit.data.size() % block_ != 0)
      return invalid("iLBC unit of " + std::to_string(unit.data.size()) + " bytes, not of whole blocks of " +
                     std::to_string(block_));
    const std::size_t blocks = unit.data.size() / block_;
    for (std::size_t at = 0; at < blocks; at += most_blocks_) {
      const Bytes piece = unit.data.subspan(at * block_, std::min(most_blocks_, blocks - at) * block_);
      std::ranges::copy(piece, sink.reserve(piece.size()).begin());
      sink.emit(piece.size(), false, static_cast<std::int32_t>(at * ticks_));
    }
    return {};
  }

 private:
  std::size_t block_, ticks_, most_blocks_;
};

}  // namespace

std::unique_ptr<Packetizer> IlbcFormat::make_packetizer(std::size_t max_payload) const {
  return std::make_unique<IlbcPacketizer>(*this, max_payload);
}

}  // namespace lectern::payload
