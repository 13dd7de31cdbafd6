#include "server/net/udp_port_pair.h"

#include <random>
#include <string>

namespace lectern::server {

Result<UdpPortPair> bind_port_pair(const Endpoint& host, PortRange range, UdpBuffers buffers) {
  const std::uint32_t first = (std::uint32_t{range.first} + 1) / 2 * 2;
  const std::string name = std::to_string(range.first) + "-" + std::to_string(range.last);
  if (first == 0 || first + 1 > range.last) return invalid("no even and odd port in the range " + name);
  const std::uint32_t pairs = (range.last - first + 1) / 2;

  std::random_device seed;
  const std::uint32_t start = std::uniform_int_distribution<std::uint32_t>(0, pairs - 1)(seed);
  std::string reason;
  for (std::uint32_t i = 0; i < pairs; ++i) {
    const auto port = static_cast<std::uint16_t>(first + (start + i) % pairs * 2);
    auto rtp = bind_udp(host.with_port(port), buffers);
    if (!rtp) {
      reason = rtp.error().message;
      continue;
    }
    auto rtcp = bind_udp(host.with_port(static_cast<std::uint16_t>(port + 1)), buffers);
    if (rtcp) return UdpPortPair{std::move(*rtp), std::move(*rtcp), port};
    reason = rtcp.error().message;
  }
  return Error{Errc::io, "no free pair of ports in " + name + " (" + reason + ")"};
}

}  // namespace lectern::server
