#include "server/rtsp/interleaved_delivery.h"

#include <algorithm>
#include <array>

#include "protocol/base/byte_writer.h"
#include "protocol/rtp/header.h"

namespace lectern::server {
namespace {

constexpr std::uint8_t dollar = '$';
constexpr std::size_t framing_size = 4;
/// What of SRTP is protected at once: so much may be kept for a viewer that reads nothing any more.
constexpr std::size_t batch_size = 16 * 1024;

void write_framing(MutableBytes frame, std::uint8_t channel, std::size_t size) {
  ByteWriter(frame).u8(dollar).u8(channel).u16(static_cast<std::uint16_t>(size));
}

}  // namespace

std::size_t InterleavedDelivery::send(std::span<Gathered> packets) {
  if (protection_) return send_protected(packets);
  for (Gathered& packet : packets)
    write_framing(packet.header, rtp_channel_, rtp::header_size + packet.payload.size());
  return stream_.write_packets(packets);
}

// What was protected is taken, also where the stream keeps a part of it: protected a second time, maybe with
// another time stamp, it would give away its key stream.
std::size_t InterleavedDelivery::send_protected(std::span<const Gathered> packets) {
  thread_local std::array<std::byte, batch_size> batch;
  const std::size_t growth = protection_->rtp_growth();
  std::size_t sent = 0;
  while (sent < packets.size() && stream_.writable()) {
    std::size_t used = 0;
    std::size_t count = 0;
    for (const Gathered& packet : packets.subspan(sent)) {
      const Bytes header = Bytes(packet.header).subspan(framing_size);
      const std::size_t size = header.size() + packet.payload.size();
      if (used + framing_size + size + growth > batch.size()) break;
      const MutableBytes frame = MutableBytes(batch).subspan(used, framing_size + size + growth);
      write_framing(frame, rtp_channel_, size + growth);
      const MutableBytes protectee = frame.subspan(framing_size);
      std::ranges::copy(header, protectee.begin());
      std::ranges::copy(packet.payload, protectee.begin() + static_cast<std::ptrdiff_t>(header.size()));
      if (!protection_->protect_rtp(protectee, size)) break;
      used += frame.size();
      ++count;
    }
    if (count == 0 || !stream_.write(Bytes(batch).first(used))) break;
    sent += count;
  }
  return sent;
}

void InterleavedDelivery::send_rtcp(Bytes compound) {
  std::array<std::byte, framing_size + 640> frame{};
  const std::size_t growth = protection_ ? protection_->rtcp_growth() : 0;
  const std::size_t size = compound.size() + growth;
  if (framing_size + size > frame.size()) return;
  const MutableBytes packet = MutableBytes(frame).subspan(framing_size);
  write_framing(frame, rtcp_channel_, size);
  std::ranges::copy(compound, packet.begin());
  if (protection_ && !protection_->protect_rtcp(packet, compound.size())) return;
  stream_.write(Bytes(frame).first(framing_size + size));
}

}  // namespace lectern::server
