#pragma once

#include "server/rtsp/delivery.h"
#include "server/rtsp/session_registry.h"
#include "server/rtsp/udp_transport.h"

namespace lectern::server {

/// RTP and RTCP to a pair of ports of the player's, from the loop's shared pair.
class UdpDelivery final : public Delivery {
 public:
  /// `player` was claimed in `registry`, and is released at the end. What is sent comes from `local`.
  UdpDelivery(UdpTransport& transport, SessionRegistry& registry, UdpTransport::Subscriber& subscriber,
              const PlayerPorts& player, const Endpoint& local);
  ~UdpDelivery() override;

  std::size_t send(std::span<Gathered> packets) override;
  void send_rtcp(Bytes compound) override;
  [[nodiscard]] bool ready() const override { return true; }
  void flush() override;

  /// Goes on to other ports of the player's. False, and nothing has changed, where they are taken.
  bool redirect(const PlayerPorts& player, const Endpoint& local);
  [[nodiscard]] const PlayerPorts& player() const { return player_; }

 private:
  std::size_t send_protected(std::span<const Gathered> packets);

  UdpTransport& transport_;
  SessionRegistry& registry_;
  UdpTransport::Subscriber& subscriber_;
  PlayerPorts player_;
};

}  // namespace lectern::server
