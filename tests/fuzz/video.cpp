#include <array>

#include "protocol/payload/av1.h"
#include "protocol/payload/h264.h"
#include "protocol/payload/h265.h"
#include "protocol/payload/jpeg_frame.h"
#include "protocol/payload/mjpeg.h"
#include "protocol/payload/nal_units.h"
#include "protocol/payload/obu.h"
#include "protocol/payload/vp8.h"
#include "protocol/payload/vp9.h"
#include "tests/fuzz/cut.h"

namespace lectern::fuzz {
namespace {

using namespace payload;
using Units = std::vector<ByteVector>;

/// How a format of NAL units is laid out.
struct NalRules {
  std::size_t header;
  unsigned aggregate, fragment;
  unsigned (*type)(Bytes nal);
  bool (*parameter_set)(unsigned type);
  bool (*dropped)(unsigned type);
  void (*set_type)(MutableBytes header, unsigned type);
};

constexpr NalRules h264_rules{
    .header = 1,
    .aggregate = 24,
    .fragment = 28,
    .type = [](Bytes nal) -> unsigned { return u8(nal[0]) & 0x1fu; },
    .parameter_set = [](unsigned type) { return type == 7 || type == 8; },
    .dropped = [](unsigned type) { return type == 0 || (type >= 9 && type <= 12) || type >= 24; },
    .set_type =
        [](MutableBytes header, unsigned type) {
          header[0] = (header[0] & std::byte{0xe0}) | static_cast<std::byte>(type);
        },
};

constexpr NalRules h265_rules{
    .header = 2,
    .aggregate = 48,
    .fragment = 49,
    .type = [](Bytes nal) -> unsigned { return u8(nal[0]) >> 1 & 0x3fu; },
    .parameter_set = [](unsigned type) { return type >= 32 && type <= 34; },
    .dropped = [](unsigned type) { return (type >= 35 && type <= 38) || type >= 48; },
    .set_type =
        [](MutableBytes header, unsigned type) {
          header[0] = (header[0] & std::byte{0x81}) | static_cast<std::byte>(type << 1);
        },
};

/// A receiver: the units of one access unit, out of single units, aggregates and fragments.
Units received(const std::vector<CutPacket>& packets, const NalRules& rules) {
  Units units;
  bool open = false;
  for (const CutPacket& packet : packets) {
    const Bytes bytes = packet.bytes;
    ensure(bytes.size() >= rules.header, "a packet has a header");
    const unsigned type = rules.type(bytes);
    ensure(!open || type == rules.fragment, "a fragmented unit is not interrupted");
    if (type == rules.aggregate) {
      ByteReader reader(packet.behind(rules.header));
      unsigned count = 0;
      for (; reader.left() > 0; ++count) {
        const Bytes unit = reader.take(reader.u16());
        ensure(!reader.failed() && unit.size() >= rules.header, "an aggregate has whole units");
        units.emplace_back(unit.begin(), unit.end());
      }
      ensure(count >= 2, "one unit is no aggregate");
    } else if (type == rules.fragment) {
      const Bytes piece = packet.behind(rules.header + 1);
      const std::uint8_t flags = u8(bytes[rules.header]);
      const bool first = (flags & 0x80) != 0, last = (flags & 0x40) != 0;
      ensure(first != open && !(first && last) && !piece.empty(), "fragments begin, go on and end");
      if (first) {
        units.emplace_back(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(rules.header));
        rules.set_type(units.back(), flags & 0x3fu);
      }
      units.back().insert(units.back().end(), piece.begin(), piece.end());
      open = !last;
    } else {
      units.emplace_back(bytes.begin(), bytes.end());
    }
  }
  ensure(!open, "a fragmented unit ends");
  return units;
}

/// What must arrive: all but what RTP has no use for, and the parameter sets, which may be repeated.
Units without_sets(Units units, const NalRules& rules) {
  std::erase_if(units, [&rules](const ByteVector& unit) { return rules.parameter_set(rules.type(unit)); });
  return units;
}

Units sent(Bytes data, NalFraming framing, const NalRules& rules) {
  Units units;
  const auto real = check_nal_framing(data, framing);
  ensure(real.ok(), "what was cut has a framing");
  NalUnits all(data, *real);
  while (const auto unit = all.next())
    if (unit->size() >= rules.header && !rules.dropped(rules.type(*unit)))
      units.emplace_back(unit->begin(), unit->end());
  return units;
}

/// Limit, flags, extradata with its size, a unit with its size, and a second unit.
template <typename Format>
void cut_nal_units(Bytes input, const NalRules& rules) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 16);
  const std::uint8_t flags = reader.u8();
  const auto format = Format::from_extradata(take_piece(reader));
  if (!format) return;
  ensure(format->fmtp().find_first_of("\r\n") == std::string::npos, "an fmtp is one line");
  const auto packetizer = format->make_packetizer(limit);
  for (const Bytes data : {take_piece(reader), reader.rest()}) {
    const auto packets = cut(*packetizer, {.data = data, .random_access = (flags & 1) != 0}, limit);
    if (!packets) continue;
    ensure_markers(*packets, Markers::on_the_last);
    ensure(without_sets(received(*packets, rules), rules) ==
               without_sets(sent(data, format->framing, rules), rules),
           "a receiver has the units that went in");
  }
}

void h264(Bytes input) {
  cut_nal_units<H264Format>(input, h264_rules);
}

void h265(Bytes input) {
  cut_nal_units<H265Format>(input, h265_rules);
}

std::size_t read_leb128(ByteReader& reader) {
  std::size_t value = 0;
  for (unsigned shift = 0; shift < 56; shift += 7) {
    const std::uint8_t byte = reader.u8();
    value |= static_cast<std::size_t>(byte & 0x7fu) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

/// A receiver by section 4.4 of the payload format: the OBUs, without their sizes.
Units received_obus(const std::vector<CutPacket>& packets) {
  Units obus;
  bool open = false;
  for (const CutPacket& packet : packets) {
    ByteReader reader{packet.bytes};
    const std::uint8_t header = reader.u8();
    const unsigned count = header >> 4 & 3u;
    ensure(((header & 0x80) != 0) == open, "Z says whether the first goes on");
    ensure(reader.left() > 0, "a packet carries something");
    for (unsigned i = 1; reader.left() > 0; ++i) {
      const std::size_t size = i == count ? reader.left() : read_leb128(reader);
      const Bytes element = reader.take(size);
      ensure(!reader.failed() && (count == 0 || i <= count), "the elements fill the packet");
      if (!open) obus.emplace_back();
      obus.back().insert(obus.back().end(), element.begin(), element.end());
      open = false;
    }
    open = (header & 0x40) != 0;
  }
  ensure(!open, "an OBU ends");
  return obus;
}

void av1(Bytes input) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 16);
  const std::uint8_t flags = reader.u8();
  const auto format = Av1Format::from_extradata(take_piece(reader));
  if (!format) return;
  (void)format->fmtp();
  const auto packetizer = format->make_packetizer(limit);
  for (const Bytes data : {take_piece(reader), reader.rest()}) {
    const auto packets = cut(*packetizer, {.data = data, .random_access = (flags & 1) != 0}, limit);
    if (!packets) continue;
    ensure_markers(*packets, Markers::on_the_last);
    std::vector<Obu> obus;
    ensure(read_obus(data, obus).ok(), "what was cut can be read");
    Units sent;
    for (const Obu& obu : obus) {
      if (obu.type == ObuType::temporal_delimiter || obu.type == ObuType::tile_list ||
          obu.type == ObuType::padding)
        continue;
      ByteVector bytes(obu.size());
      obu.copy(0, bytes);
      sent.push_back(std::move(bytes));
    }
    Units arrived = received_obus(*packets);
    if (arrived.size() == sent.size() + 1)
      arrived.erase(arrived.begin());  // the sequence header that was missing
    ensure(arrived == sent, "a receiver has the OBUs that went in");
  }
}

void vp8(Bytes input) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 16);
  const auto packetizer = Vp8Format{}.make_packetizer(limit);
  const auto packets = cut(*packetizer, {.data = reader.rest()}, limit);
  if (!packets) return;
  ensure_markers(*packets, Markers::on_the_last);
  ensure_whole(*packets, 1, reader.rest());
}

void vp9(Bytes input) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 32);
  const auto packetizer = Vp9Format{}.make_packetizer(limit);
  auto packets = cut(*packetizer, {.data = reader.rest()}, limit);
  if (!packets) return;
  ensure_markers(*packets, Markers::on_the_last);
  // V: a scalability structure of five bytes.
  if (!packets->empty() && (u8(packets->front().bytes[0]) & 0x02) != 0) {
    ByteVector& first = packets->front().bytes;
    ensure(first.size() >= 6, "a scalability structure is whole");
    first.erase(first.begin() + 1, first.begin() + 6);
  }
  ensure_whole(*packets, 1, reader.rest());
}

void mjpeg(Bytes input) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 320);
  const auto packetizer = MjpegFormat{}.make_packetizer(limit);
  auto packets = cut(*packetizer, {.data = reader.rest()}, limit);
  const auto frame = read_jpeg_frame(reader.rest());
  ensure(packets.has_value() == frame.ok(), "a picture is cut where it can be read");
  if (!packets) return;
  ensure_markers(*packets, Markers::on_the_last);
  const std::size_t header = frame->restart_interval > 0 ? 12 : 8;
  std::size_t offset = 0;
  for (CutPacket& packet : *packets) {
    ByteReader fields{packet.bytes};
    fields.skip(1);
    ensure(fields.u24() == offset, "the offset says where a piece belongs");
    if (offset == 0) {
      const Bytes tables = packet.behind(header + 4).first(128);
      ensure(std::equal(tables.begin(), tables.begin() + 64, frame->luma_quantization.begin()),
             "with its tables");
      const auto begin = packet.bytes.begin() + static_cast<std::ptrdiff_t>(header);
      packet.bytes.erase(begin, begin + 4 + 128);
    }
    offset += packet.behind(header).size();
  }
  ensure_whole(*packets, header, frame->scan);
}

constexpr std::array targets{
    Target{"payload_h264", h264}, Target{"payload_h265", h265}, Target{"payload_av1", av1},
    Target{"payload_vp8", vp8},   Target{"payload_vp9", vp9},   Target{"payload_mjpeg", mjpeg},
};

}  // namespace

std::span<const Target> video_targets() {
  return targets;
}

}  // namespace lectern::fuzz
