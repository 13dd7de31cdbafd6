#include "server/rtsp/interleaved_delivery.h"

#include "protocol/base/byte_writer.h"
#include "protocol/rtp/header.h"

namespace lectern::server {
namespace {

constexpr std::uint8_t dollar = '$';

}  // namespace

std::size_t InterleavedDelivery::send(std::span<Gathered> packets) {
  for (Gathered& packet : packets) {
    const std::size_t size = rtp::header_size + packet.payload.size();
    ByteWriter(packet.header).u8(dollar).u8(rtp_channel_).u16(static_cast<std::uint16_t>(size));
  }
  return stream_.write_packets(packets);
}

void InterleavedDelivery::send_rtcp(Bytes compound) {
  std::array<std::byte, 4 + 512> frame{};
  if (compound.size() > frame.size() - 4) return;
  ByteWriter writer(frame);
  writer.u8(dollar).u8(rtcp_channel_).u16(static_cast<std::uint16_t>(compound.size())).bytes(compound);
  stream_.write(writer.written());
}

}  // namespace lectern::server
