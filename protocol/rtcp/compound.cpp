#include "protocol/rtcp/compound.h"

namespace lectern::rtcp {

namespace {

constexpr std::size_t report_block_size = 24;
constexpr std::size_t max_text = 255;

ReportBlock read_report_block(ByteReader& reader) {
  ReportBlock block;
  block.ssrc = reader.u32();
  block.fraction_lost = reader.u8();
  const auto lost = static_cast<std::int32_t>(reader.u24());
  block.cumulative_lost = lost > max_cumulative_lost ? lost - 0x1000000 : lost;
  block.extended_highest_sequence = reader.u32();
  block.jitter = reader.u32();
  block.last_sr = reader.u32();
  block.delay_since_last_sr = reader.u32();
  return block;
}

CountedList<ReportBlock> read_report_blocks(ByteReader& reader, unsigned count) {
  CountedList<ReportBlock> blocks;
  for (unsigned i = 0; i < count; ++i) blocks.push_back(read_report_block(reader));
  return blocks;
}

Result<Packet> parse_sender_report(unsigned count, Bytes body) {
  ByteReader reader(body);
  SenderReport report;
  report.ssrc = reader.u32();
  report.ntp = reader.u64();
  report.rtp_timestamp = reader.u32();
  report.packet_count = reader.u32();
  report.octet_count = reader.u32();
  report.reports = read_report_blocks(reader, count);
  if (reader.failed()) return invalid("RTCP SR is cut short");
  return Packet(report);
}

Result<Packet> parse_receiver_report(unsigned count, Bytes body) {
  ByteReader reader(body);
  ReceiverReport report;
  report.ssrc = reader.u32();
  report.reports = read_report_blocks(reader, count);
  if (reader.failed()) return invalid("RTCP RR is cut short");
  return Packet(report);
}

Result<Packet> parse_source_description(unsigned count, Bytes body) {
  const SourceDescription description{static_cast<std::uint8_t>(count), body};
  if (!description.for_each_item([](const SdesItem&) {})) return invalid("RTCP SDES is cut short");
  return Packet(description);
}

Result<Packet> parse_bye(unsigned count, Bytes body) {
  ByteReader reader(body);
  Bye bye;
  for (unsigned i = 0; i < count; ++i) bye.ssrcs.push_back(reader.u32());
  if (reader.left() > 0) {
    const std::size_t size = reader.u8();
    bye.reason = as_text(reader.take(size));
  }
  if (reader.failed()) return invalid("RTCP BYE is cut short");
  return Packet(bye);
}

void write_common_header(ByteWriter& writer, std::size_t count, PacketType type, std::size_t body_size) {
  writer.u8(static_cast<std::uint8_t>(0x80 | (count & max_count)));
  writer.u8(static_cast<std::uint8_t>(type));
  writer.u16(static_cast<std::uint16_t>(body_size / 4));
}

void write_report_blocks(ByteWriter& writer, const CountedList<ReportBlock>& blocks) {
  for (const ReportBlock& block : blocks) {
    const std::int32_t lost = std::clamp(block.cumulative_lost, min_cumulative_lost, max_cumulative_lost);
    writer.u32(block.ssrc).u8(block.fraction_lost).u24(static_cast<std::uint32_t>(lost) & 0xffffff);
    writer.u32(block.extended_highest_sequence).u32(block.jitter);
    writer.u32(block.last_sr).u32(block.delay_since_last_sr);
  }
}

std::size_t padding_to_word(std::size_t size) {
  return (4 - size % 4) % 4;
}

template <typename Report>
Result<std::size_t> write_any_compound(MutableBytes to, const Report& report, std::string_view cname,
                                       std::optional<std::string_view> bye_reason) {
  ByteWriter writer(to);
  write(writer, report);
  write_cname(writer, report.ssrc, cname);
  if (bye_reason) write(writer, Bye{{report.ssrc}, *bye_reason});
  if (writer.failed()) return Error{Errc::too_large, "RTCP packet does not fit its buffer"};
  return writer.size();
}

}  // namespace

std::optional<std::string_view> SourceDescription::cname() const {
  std::optional<std::string_view> found;
  for_each_item([&found](const SdesItem& item) {
    if (!found && item.type == SdesType::cname) found = item.text;
  });
  return found;
}

Result<Packet> Compound::take_packet(Bytes& rest) {
  ByteReader reader(rest);
  const std::uint8_t first = reader.u8();
  const auto type = static_cast<PacketType>(reader.u8());
  const std::size_t size = std::size_t{4} * reader.u16();
  Bytes body = reader.take(size);
  if (reader.failed()) return invalid("RTCP packet runs past its datagram");
  if (first >> 6 != 2) return invalid("RTCP version is not 2");
  rest = reader.rest();

  if ((first & 0x20) != 0) {
    if (!rest.empty()) return invalid("RTCP padding before the last packet");
    const std::size_t padding = body.empty() ? 0 : u8(body.back());
    if (padding == 0 || padding % 4 != 0 || padding > body.size())
      return invalid("RTCP padding out of range");
    body = body.first(body.size() - padding);
  }

  const unsigned count = first & 0x1f;
  switch (type) {
    case PacketType::sender_report:
      return parse_sender_report(count, body);
    case PacketType::receiver_report:
      return parse_receiver_report(count, body);
    case PacketType::source_description:
      return parse_source_description(count, body);
    case PacketType::bye:
      return parse_bye(count, body);
    default:
      return Packet(OtherPacket{type, static_cast<std::uint8_t>(count), body});
  }
}

Result<Compound> Compound::parse(Bytes datagram, CompoundRule rule) {
  if (datagram.size() < 4) return invalid("RTCP datagram shorter than a header");
  if (datagram.size() > max_compound_size) return invalid("RTCP datagram too large");
  const auto first_type = static_cast<PacketType>(datagram[1]);
  // RTCP types are 192 to 223 (RFC 5761 section 4): others are RTP or junk.
  if (rule == CompoundRule::reduced_size) {
    if (u8(datagram[1]) < 192 || u8(datagram[1]) > 223) return invalid("not an RTCP packet type");
  } else if (first_type != PacketType::sender_report && first_type != PacketType::receiver_report) {
    return invalid("RTCP compound packet does not begin with a report");
  }
  for (Bytes rest = datagram; !rest.empty();) {
    if (auto packet = take_packet(rest); !packet) return std::move(packet).error();
  }
  return Compound(datagram);
}

void write(ByteWriter& writer, const SenderReport& packet) {
  write_common_header(writer, packet.reports.size(), PacketType::sender_report,
                      24 + report_block_size * packet.reports.size());
  writer.u32(packet.ssrc).u64(packet.ntp).u32(packet.rtp_timestamp);
  writer.u32(packet.packet_count).u32(packet.octet_count);
  write_report_blocks(writer, packet.reports);
}

void write(ByteWriter& writer, const ReceiverReport& packet) {
  write_common_header(writer, packet.reports.size(), PacketType::receiver_report,
                      4 + report_block_size * packet.reports.size());
  writer.u32(packet.ssrc);
  write_report_blocks(writer, packet.reports);
}

void write(ByteWriter& writer, const SourceDescription& packet) {
  const std::size_t padding = padding_to_word(packet.chunks.size());
  write_common_header(writer, packet.count, PacketType::source_description, packet.chunks.size() + padding);
  writer.bytes(packet.chunks).zeros(padding);
}

void write(ByteWriter& writer, const Bye& packet) {
  const std::string_view reason = packet.reason.substr(0, max_text);
  const std::size_t text_size = reason.empty() ? 0 : 1 + reason.size();
  const std::size_t padding = padding_to_word(text_size);
  write_common_header(writer, packet.ssrcs.size(), PacketType::bye,
                      4 * packet.ssrcs.size() + text_size + padding);
  for (const std::uint32_t ssrc : packet.ssrcs) writer.u32(ssrc);
  if (!reason.empty()) writer.u8(static_cast<std::uint8_t>(reason.size())).text(reason).zeros(padding);
}

void write(ByteWriter& writer, const OtherPacket& packet) {
  const std::size_t padding = padding_to_word(packet.body.size());
  write_common_header(writer, packet.count, packet.type, packet.body.size() + padding);
  writer.bytes(packet.body).zeros(padding);
}

void write_cname(ByteWriter& writer, std::uint32_t ssrc, std::string_view cname) {
  cname = cname.substr(0, max_text);
  // A chunk ends with at least one null octet.
  const std::size_t text_end = 4 + 2 + cname.size() + 1;
  const std::size_t padding = padding_to_word(text_end);
  write_common_header(writer, 1, PacketType::source_description, text_end + padding);
  writer.u32(ssrc).u8(static_cast<std::uint8_t>(SdesType::cname));
  writer.u8(static_cast<std::uint8_t>(cname.size())).text(cname).zeros(1 + padding);
}

Result<std::size_t> write_compound(MutableBytes to, const SenderReport& report, std::string_view cname,
                                   std::optional<std::string_view> bye_reason) {
  return write_any_compound(to, report, cname, bye_reason);
}

Result<std::size_t> write_compound(MutableBytes to, const ReceiverReport& report, std::string_view cname,
                                   std::optional<std::string_view> bye_reason) {
  return write_any_compound(to, report, cname, bye_reason);
}

}  // namespace lectern::rtcp
