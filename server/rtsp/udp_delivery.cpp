#include "server/rtsp/udp_delivery.h"

#include <algorithm>

namespace lectern::server {

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
  DatagramWriter& writer = transport_.rtp();
  for (const Gathered& packet : packets) {
    DatagramWriter::Header header;
    std::copy_n(packet.header.begin() + 4, header.size(), header.begin());
    writer.push(player_.rtp, header, packet.payload);
  }
  return packets.size();
}

void UdpDelivery::send_rtcp(Bytes compound) {
  const MutableBytes staged = transport_.rtcp().stage(player_.rtcp, compound.size());
  std::copy_n(compound.begin(), staged.size(), staged.begin());
}

void UdpDelivery::flush() {
  transport_.rtp().flush();
}

}  // namespace lectern::server
