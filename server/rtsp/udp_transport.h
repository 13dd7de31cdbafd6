#pragma once

#include <memory>
#include <unordered_map>

#include "server/log/rate_limited.h"
#include "server/loop/event_loop.h"
#include "server/net/datagram_writer.h"
#include "server/net/udp_port_pair.h"
#include "server/rtsp/session_registry.h"

namespace lectern::server {

/// The RTP/RTCP port pair that all UDP viewers of one loop share. Who sent an incoming RTCP packet is told by
/// its exact address and port.
class UdpTransport {
 public:
  /// Who sends to a player, and hears its reports.
  class Subscriber {
   public:
    virtual ~Subscriber() = default;
    virtual void received_rtcp(const Endpoint& from, Bytes datagram) = 0;
    /// Media, where it was asked for by receive_media(). `truncated`: it was longer than `datagram`.
    virtual void received_rtp(const Endpoint& /*from*/, Bytes /*datagram*/, bool /*truncated*/) {}
  };

  /// Errc::io where no pair of ports is free.
  static Result<std::unique_ptr<UdpTransport>> open(EventLoop& loop, const Endpoint& host, PortRange ports);

  /// RTCP of `player` goes to `subscriber`, and what goes to the player comes from `local`, the address at
  /// which it asked for it. One an endpoint: who subscribes has claimed the ports.
  void subscribe(const PlayerPorts& player, Subscriber& subscriber, const Endpoint& local);
  void unsubscribe(const PlayerPorts& player);

  /// What comes from `publisher` to the RTP port goes to `subscriber`.
  void receive_media(const Endpoint& publisher, Subscriber& subscriber) {
    publishers_[publisher] = &subscriber;
  }
  void ignore_media(const Endpoint& publisher) { publishers_.erase(publisher); }

  DatagramWriter& rtp() { return rtp_writer_; }
  DatagramWriter& rtcp() { return rtcp_writer_; }
  [[nodiscard]] std::uint16_t rtp_port() const { return rtp_socket_.local().port(); }
  [[nodiscard]] std::uint16_t rtcp_port() const { return rtcp_socket_.local().port(); }

 private:
  UdpTransport(EventLoop& loop, UdpPortPair ports);

  /// Players, too, send packets to the RTP port, to open their firewalls; nothing in them is for us.
  struct RtpInput final : UdpSocket::Handler {
    explicit RtpInput(UdpTransport& transport) : owner(transport) {}
    void received(const Endpoint& from, Bytes datagram, bool truncated) override;
    UdpTransport& owner;
  };
  struct RtcpInput final : UdpSocket::Handler {
    explicit RtcpInput(UdpTransport& transport) : owner(transport) {}
    void received(const Endpoint& from, Bytes datagram, bool truncated) override;
    UdpTransport& owner;
  };

  std::unordered_map<Endpoint, Subscriber*> subscribers_, publishers_;
  RateLimited foreign_{LogLevel::debug};
  RtpInput rtp_input_{*this};
  RtcpInput rtcp_input_{*this};
  UdpSocket rtp_socket_, rtcp_socket_;
  DatagramWriter rtp_writer_, rtcp_writer_;
};

}  // namespace lectern::server
