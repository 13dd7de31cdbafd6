#include "server/rtsp/received_reports.h"

#include <algorithm>
#include <array>

#include "protocol/rtcp/compound.h"

namespace lectern::server {
namespace {

constexpr std::size_t largest_report = 2048;

}  // namespace

Status ReceivedReports::take(Bytes packet, const SessionTrack& track,
                             std::span<const std::unique_ptr<SessionTrack>> tracks, std::uint32_t now_mid32) {
  if (!track.protection()) return read(packet, tracks, now_mid32);
  std::array<std::byte, largest_report> plain;
  if (packet.size() > plain.size()) {
    ++refused_;
    return Error{Errc::too_large, "SRTCP that is too long"};
  }
  std::ranges::copy(packet, plain.begin());
  const auto size = track.protection()->unprotect_rtcp(MutableBytes(plain).first(packet.size()));
  if (!size) {
    ++refused_;
    return size.error();
  }
  return read(Bytes(plain).first(*size), tracks, now_mid32);
}

Status ReceivedReports::read(Bytes datagram, std::span<const std::unique_ptr<SessionTrack>> tracks,
                             std::uint32_t now_mid32) {
  const auto compound = rtcp::Compound::parse(datagram, rtcp::CompoundRule::reduced_size);
  if (!compound) {
    ++malformed_;
    return compound.error();
  }
  // A BYE of the receiver's ends nothing but its statistics; RTSP ends sessions.
  compound->visit([&](const auto& packet) {
    if constexpr (requires { packet.reports; })
      for (const rtcp::ReportBlock& block : packet.reports)
        for (const auto& track : tracks) track->received(block, datagram.size(), now_mid32);
  });
  return {};
}

}  // namespace lectern::server
