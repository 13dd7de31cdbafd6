#include "server/rtsp/udp_delivery.h"

namespace lectern::server {

UdpDelivery::UdpDelivery(UdpTransport& transport, SessionRegistry& registry,
                         UdpTransport::Subscriber& subscriber, const PlayerPorts& player,
                         const Endpoint& local)
    : DatagramDelivery(transport.rtp(), transport.rtcp(), player),
      transport_(transport),
      registry_(registry),
      subscriber_(subscriber) {
  transport_.subscribe(player, subscriber_, local);
}

UdpDelivery::~UdpDelivery() {
  transport_.unsubscribe(player());
  registry_.release(player());
}

bool UdpDelivery::redirect(const PlayerPorts& player, const Endpoint& local) {
  const PlayerPorts before = this->player();
  if (!registry_.claim(player, &before)) return false;
  transport_.unsubscribe(before);
  set_to(player);
  transport_.subscribe(player, subscriber_, local);
  return true;
}

}  // namespace lectern::server
