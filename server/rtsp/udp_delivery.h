#pragma once

#include "server/rtsp/datagram_delivery.h"
#include "server/rtsp/udp_transport.h"

namespace lectern::server {

/// RTP and RTCP to a pair of ports of the player's, from the loop's shared pair.
class UdpDelivery final : public DatagramDelivery {
 public:
  /// `player` was claimed in `registry`, and is released at the end. What is sent comes from `local`.
  UdpDelivery(UdpTransport& transport, SessionRegistry& registry, UdpTransport::Subscriber& subscriber,
              const PlayerPorts& player, const Endpoint& local);
  ~UdpDelivery() override;

  /// Goes on to other ports of the player's. False, and nothing has changed, where they are taken.
  bool redirect(const PlayerPorts& player, const Endpoint& local);
  [[nodiscard]] const PlayerPorts& player() const { return to(); }

 private:
  UdpTransport& transport_;
  SessionRegistry& registry_;
  UdpTransport::Subscriber& subscriber_;
};

}  // namespace lectern::server
