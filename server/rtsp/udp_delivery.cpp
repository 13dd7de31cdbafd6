#include "server/rtsp/udp_delivery.h"

#include <algorithm>

namespace lectern::server {

UdpDelivery::UdpDelivery(UdpTransport& transport, SessionRegistry& registry,
                         UdpTransport::Subscriber& subscriber, const Endpoint& rtp, const Endpoint& rtcp)
    : transport_(transport), registry_(registry), subscriber_(subscriber), rtp_(rtp), rtcp_(rtcp) {
  transport_.subscribe(rtcp_, subscriber_);
}

UdpDelivery::~UdpDelivery() {
  transport_.unsubscribe(rtcp_, subscriber_);
  registry_.release(rtp_);
}

std::size_t UdpDelivery::send(std::span<Gathered> packets) {
  DatagramWriter& writer = transport_.rtp();
  for (const Gathered& packet : packets) {
    DatagramWriter::Header header;
    std::copy_n(packet.header.begin() + 4, header.size(), header.begin());
    writer.push(rtp_, header, packet.payload);
  }
  return packets.size();
}

void UdpDelivery::send_rtcp(Bytes compound) {
  const MutableBytes staged = transport_.rtcp().stage(rtcp_, compound.size());
  std::copy_n(compound.begin(), staged.size(), staged.begin());
}

void UdpDelivery::flush() {
  transport_.rtp().flush();
}

}  // namespace lectern::server
