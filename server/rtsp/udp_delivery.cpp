#include "server/rtsp/udp_delivery.h"

#include <algorithm>

namespace lectern::server {
namespace {

constexpr std::size_t framing_size = 4;  // of interleaved packets, which UDP needs not

}  // namespace

UdpDelivery::UdpDelivery(UdpTransport& transport, SessionRegistry& registry,
                         UdpTransport::Subscriber& subscriber, const PlayerPorts& player,
                         const Endpoint& local)
    : transport_(transport), registry_(registry), subscriber_(subscriber), player_(player) {
  transport_.subscribe(player_, subscriber_, local);
}

UdpDelivery::~UdpDelivery() {
  transport_.unsubscribe(player_);
  registry_.release(player_);
}

bool UdpDelivery::redirect(const PlayerPorts& player, const Endpoint& local) {
  if (!registry_.claim(player, &player_)) return false;
  transport_.unsubscribe(player_);
  player_ = player;
  transport_.subscribe(player_, subscriber_, local);
  return true;
}

std::size_t UdpDelivery::send(std::span<Gathered> packets) {
  if (protection_) return send_protected(packets);
  DatagramWriter& writer = transport_.rtp();
  for (const Gathered& packet : packets) {
    DatagramWriter::Header header;
    std::copy_n(packet.header.begin() + framing_size, header.size(), header.begin());
    writer.push(player_.rtp, header, packet.payload);
  }
  return packets.size();
}

std::size_t UdpDelivery::send_protected(std::span<const Gathered> packets) {
  DatagramWriter& writer = transport_.rtp();
  const std::size_t growth = protection_->rtp_growth();
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const Bytes header = Bytes(packets[i].header).subspan(framing_size);
    const std::size_t size = header.size() + packets[i].payload.size();
    const MutableBytes staged = writer.stage(player_.rtp, size + growth);
    std::ranges::copy(header, staged.begin());
    std::ranges::copy(packets[i].payload, staged.begin() + static_cast<std::ptrdiff_t>(header.size()));
    if (protection_->protect_rtp(staged, size)) continue;
    writer.take_back();
    return i;
  }
  return packets.size();
}

void UdpDelivery::send_rtcp(Bytes compound) {
  DatagramWriter& writer = transport_.rtcp();
  const std::size_t growth = protection_ ? protection_->rtcp_growth() : 0;
  const MutableBytes staged = writer.stage(player_.rtcp, compound.size() + growth);
  std::ranges::copy(compound, staged.begin());
  if (protection_ && !protection_->protect_rtcp(staged, compound.size())) writer.take_back();
}

void UdpDelivery::flush() {
  transport_.rtp().flush();
}

}  // namespace lectern::server
