#pragma once

#include <functional>
#include <memory>

#include "server/multicast/group.h"
#include "server/net/datagram_writer.h"
#include "server/net/udp_socket.h"

namespace lectern::server {

/// The sockets of one track that is sent to a group: RTP and RTCP leave from the ports that they go to, and
/// what others send to the group's RTCP port is heard. Lives on one loop.
class MulticastTransport {
 public:
  using Received = std::function<void(const Endpoint& from, Bytes datagram, bool truncated)>;

  /// Errc::io, in words for the log, where the system has no way to the group. `received` gets everything
  /// that comes to the RTCP port, also what went out there.
  static Result<std::unique_ptr<MulticastTransport>> open(EventLoop& loop, const MulticastGroup& group,
                                                          const MulticastGroup::Stream& stream,
                                                          Received received);

  DatagramWriter& rtp() { return rtp_writer_; }
  DatagramWriter& rtcp() { return rtcp_writer_; }

 private:
  MulticastTransport(EventLoop& loop, FileDescriptor rtp, FileDescriptor rtcp, Received received);

  /// It has not joined the group, so that nothing comes.
  struct Nothing final : UdpSocket::Handler {
    void received(const Endpoint&, Bytes, bool) override {}
  };
  struct Input final : UdpSocket::Handler {
    explicit Input(Received to) : pass_on(std::move(to)) {}
    void received(const Endpoint& from, Bytes datagram, bool truncated) override {
      pass_on(from, datagram, truncated);
    }
    const Received pass_on;
  };

  Nothing rtp_input_;
  Input rtcp_input_;
  UdpSocket rtp_socket_, rtcp_socket_;
  DatagramWriter rtp_writer_, rtcp_writer_;
};

}  // namespace lectern::server
