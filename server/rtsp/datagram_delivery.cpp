#include "server/rtsp/datagram_delivery.h"

#include <algorithm>

namespace lectern::server {
namespace {

constexpr std::size_t framing_size = 4;  // of interleaved packets, which UDP needs not

}  // namespace

std::size_t DatagramDelivery::send(std::span<Gathered> packets) {
  if (protection_) return send_protected(packets);
  for (const Gathered& packet : packets) {
    DatagramWriter::Header header;
    std::copy_n(packet.header.begin() + framing_size, header.size(), header.begin());
    rtp_.push(to_.rtp, header, packet.payload);
  }
  return packets.size();
}

std::size_t DatagramDelivery::send_protected(std::span<const Gathered> packets) {
  const std::size_t growth = protection_->rtp_growth();
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const Bytes header = Bytes(packets[i].header).subspan(framing_size);
    const std::size_t size = header.size() + packets[i].payload.size();
    const MutableBytes staged = rtp_.stage(to_.rtp, size + growth);
    std::ranges::copy(header, staged.begin());
    std::ranges::copy(packets[i].payload, staged.begin() + static_cast<std::ptrdiff_t>(header.size()));
    if (protection_->protect_rtp(staged, size)) continue;
    rtp_.take_back();
    return i;
  }
  return packets.size();
}

void DatagramDelivery::send_rtcp(Bytes compound) {
  const std::size_t growth = protection_ ? protection_->rtcp_growth() : 0;
  const MutableBytes staged = rtcp_.stage(to_.rtcp, compound.size() + growth);
  std::ranges::copy(compound, staged.begin());
  if (protection_ && !protection_->protect_rtcp(staged, compound.size())) rtcp_.take_back();
}

}  // namespace lectern::server
