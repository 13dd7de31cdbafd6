#include "server/multicast/transport.h"

#include "server/net/multicast_socket.h"

namespace lectern::server {
namespace {

/// Bytes of a datagram: none comes to the RTP port.
constexpr std::size_t nothing_expected = 16;
/// A key frame fits, so that a burst waits in the kernel and is not lost.
constexpr UdpBuffers rtp_buffers{4 * 1024, 1024 * 1024};

}  // namespace

Result<std::unique_ptr<MulticastTransport>> MulticastTransport::open(EventLoop& loop,
                                                                     const MulticastGroup& group,
                                                                     const MulticastGroup::Stream& stream,
                                                                     Received received) {
  const MulticastScope scope{group.ttl(), group.interface()};
  auto rtp = bind_multicast(stream.rtp, scope, rtp_buffers);
  if (!rtp) return std::move(rtp).error();
  auto rtcp = bind_multicast(stream.rtcp, scope);
  if (!rtcp) return std::move(rtcp).error();
  if (Status joined = join_multicast(rtcp->get(), stream.rtcp, scope); !joined)
    return std::move(joined).error();
  return std::unique_ptr<MulticastTransport>(
      new MulticastTransport(loop, *std::move(rtp), *std::move(rtcp), std::move(received)));
}

MulticastTransport::MulticastTransport(EventLoop& loop, FileDescriptor rtp, FileDescriptor rtcp,
                                       Received received)
    : rtcp_input_(std::move(received)),
      rtp_socket_(loop, std::move(rtp), rtp_input_, nothing_expected),
      rtcp_socket_(loop, std::move(rtcp), rtcp_input_),
      rtp_writer_(loop, rtp_socket_),
      rtcp_writer_(loop, rtcp_socket_) {}

}  // namespace lectern::server
