#include "protocol/rtp/header.h"

#include "protocol/base/byte_reader.h"

namespace lectern::rtp {

Result<Packet> parse_packet(Bytes packet) {
  if (packet.size() < header_size) return invalid("RTP packet shorter than its header");
  const std::uint8_t first = u8(packet[0]);
  if (first >> 6 != 2) return invalid("RTP version is not 2");

  if ((first & 0x20) != 0) {
    const std::size_t padding = u8(packet.back());
    if (padding == 0 || padding > packet.size() - header_size) return invalid("RTP padding out of range");
    packet = packet.first(packet.size() - padding);
  }

  ByteReader reader(packet.subspan(1));
  Packet parsed;
  const std::uint8_t second = reader.u8();
  parsed.header.marker = (second & 0x80) != 0;
  parsed.header.payload_type = second & 0x7f;
  parsed.header.sequence = reader.u16();
  parsed.header.timestamp = reader.u32();
  parsed.header.ssrc = reader.u32();
  parsed.csrcs = reader.take(std::size_t{4} * (first & 0x0f));
  if ((first & 0x10) != 0) {
    parsed.has_extension = true;
    parsed.extension_profile = reader.u16();
    const std::size_t words = reader.u16();
    parsed.extension = reader.take(4 * words);
  }
  if (reader.failed()) return invalid("RTP contributing sources or extension run past the end");
  parsed.payload = reader.rest();
  return parsed;
}

}  // namespace lectern::rtp
