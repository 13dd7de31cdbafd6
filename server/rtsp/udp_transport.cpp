#include "server/rtsp/udp_transport.h"

namespace lectern::server {
namespace {

/// Several key frames of a few hundred viewers fit, and of a few publishers, so that a burst waits in the
/// kernel and is not lost.
constexpr UdpBuffers rtp_buffers{2 * 1024 * 1024, 4 * 1024 * 1024};

}  // namespace

Result<std::unique_ptr<UdpTransport>> UdpTransport::open(EventLoop& loop, const Endpoint& host,
                                                         PortRange ports) {
  auto pair = bind_port_pair(host, ports, rtp_buffers);
  if (!pair) return std::move(pair).error();
  return std::unique_ptr<UdpTransport>(new UdpTransport(loop, *std::move(pair)));
}

UdpTransport::UdpTransport(EventLoop& loop, UdpPortPair ports)
    : rtp_socket_(loop, std::move(ports.rtp), rtp_input_),
      rtcp_socket_(loop, std::move(ports.rtcp), rtcp_input_),
      rtp_writer_(loop, rtp_socket_),
      rtcp_writer_(loop, rtcp_socket_) {}

void UdpTransport::subscribe(const PlayerPorts& player, Subscriber& subscriber, const Endpoint& local) {
  subscribers_[player.rtcp] = &subscriber;
  if (!rtp_socket_.local().is_any()) return;
  rtp_writer_.set_source(player.rtp, local);
  rtcp_writer_.set_source(player.rtcp, local);
}

void UdpTransport::unsubscribe(const PlayerPorts& player) {
  subscribers_.erase(player.rtcp);
  // The last packets still come from their source.
  rtp_writer_.flush();
  rtcp_writer_.flush();
  rtp_writer_.forget_source(player.rtp);
  rtcp_writer_.forget_source(player.rtcp);
}

void UdpTransport::RtpInput::received(const Endpoint& from, Bytes datagram, bool truncated) {
  const auto publisher = owner.publishers_.find(from);
  if (publisher != owner.publishers_.end()) publisher->second->received_rtp(from, datagram, truncated);
}

void UdpTransport::RtcpInput::received(const Endpoint& from, Bytes datagram, bool truncated) {
  const auto subscriber = owner.subscribers_.find(from);
  if (subscriber == owner.subscribers_.end() || truncated) {
    owner.foreign_.log(std::chrono::steady_clock::now(),
                       "{}: dropped a datagram of {} bytes on the RTCP port: {}", from.to_string(),
                       datagram.size(), truncated ? "too long" : "nobody's");
    return;
  }
  subscriber->second->received_rtcp(from, datagram);
}

}  // namespace lectern::server
