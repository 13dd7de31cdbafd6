#include <array>

#include "protocol/payload/aac.h"
#include "protocol/payload/ac3.h"
#include "protocol/payload/amr.h"
#include "protocol/payload/audio_specific_config.h"
#include "protocol/payload/g711.h"
#include "protocol/payload/ilbc.h"
#include "protocol/payload/l16.h"
#include "protocol/payload/mpa.h"
#include "protocol/payload/opus.h"
#include "protocol/payload/xiph.h"
#include "tests/fuzz/cut.h"

namespace lectern::fuzz {
namespace {

using namespace payload;

// Each input: the limit, for some formats flags, and a unit.

void aac(Bytes input) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 0);
  const Bytes unit = reader.rest();
  const auto packetizer = AacFormat{}.make_packetizer(limit);
  const auto packets = cut(*packetizer, {.data = unit}, limit);
  if (!packets) return;
  ensure_markers(*packets, Markers::on_the_last);
  const auto adts = AdtsHeader::parse(unit);
  const Bytes block = adts ? unit.subspan(adts->size) : unit;
  for (const CutPacket& packet : *packets) {
    ByteReader header{packet.bytes};
    ensure(header.u16() == 16 && header.u16() == block.size() << 3,
           "each fragment tells the size of the whole");
  }
  ensure_whole(*packets, 4, block);
}

void opus(Bytes input) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 1);
  const auto packets = cut(*OpusFormat{}.make_packetizer(limit), {.data = reader.rest()}, limit);
  if (!packets) return;
  ensure(packets->size() == 1, "an Opus packet is one payload");
  ensure_whole(*packets, 0, reader.rest());
}

/// Samples of `frame` bytes: each packet begins where its time says.
void ensure_sample_times(const std::vector<CutPacket>& packets, std::size_t frame) {
  std::size_t done = 0;
  for (const CutPacket& packet : packets) {
    ensure(packet.time_offset >= 0 && static_cast<std::size_t>(packet.time_offset) * frame == done,
           "time is samples");
    done += packet.bytes.size();
  }
}

void g711(Bytes input) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 0);
  const std::uint8_t flags = reader.u8();
  const G711Format format{
      .law = G711Format::Law::a, .rate = 8000u << (flags & 3), .channels = flags >> 2 & 7u};
  const auto packets = cut(*format.make_packetizer(limit), {.data = reader.rest()}, limit);
  if (!packets) return;
  ensure_markers(*packets, Markers::none);
  ensure_whole(*packets, 0, reader.rest());
  ensure_sample_times(*packets, format.channels);
}

void l16(Bytes input) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 0);
  const L16Format format{.rate = 44100, .channels = reader.u8() % 9u};
  const auto packets = cut(*format.make_packetizer(limit), {.data = reader.rest()}, limit);
  if (!packets) return;
  ensure_markers(*packets, Markers::none);
  ensure_whole(*packets, 0, reader.rest());
  ensure_sample_times(*packets, std::size_t{2} * format.channels);
}

void mpa(Bytes input) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 0);
  const auto packets = cut(*MpaFormat{}.make_packetizer(limit), {.data = reader.rest()}, limit);
  if (!packets) return;
  ensure_markers(*packets, Markers::none);
  std::size_t offset = 0;
  for (const CutPacket& packet : *packets) {
    ByteReader header{packet.bytes};
    ensure(header.u16() == 0 && header.u16() == offset, "the offset says where a piece belongs");
    offset += packet.behind(4).size();
  }
  ensure_whole(*packets, 4, reader.rest());
}

void ac3(Bytes input) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 0);
  const auto packets = cut(*Ac3Format{}.make_packetizer(limit), {.data = reader.rest()}, limit);
  if (!packets) return;
  ensure_markers(*packets, Markers::on_the_last);
  for (const CutPacket& packet : *packets)
    ensure(u8(packet.bytes[1]) == packets->size(), "each tells how many there are");
  ensure_whole(*packets, 2, reader.rest());
}

/// Frames as in a file, out of packets: the table of contents first, then the speech.
ByteVector amr_frames(const std::vector<CutPacket>& packets, const std::array<int, 16>& sizes) {
  ByteVector frames;
  for (const CutPacket& packet : packets) {
    ByteReader reader{packet.bytes};
    ensure(reader.u8() == 0xf0, "no mode is asked for");
    std::vector<std::uint8_t> entries;
    do {
      entries.push_back(reader.u8());
    } while (entries.back() >= 0x80 && !reader.failed());
    for (const std::uint8_t entry : entries) {
      const Bytes speech = reader.take(static_cast<std::size_t>(sizes[entry >> 3 & 15]));
      frames.push_back(static_cast<std::byte>(entry & 0x7c));
      frames.insert(frames.end(), speech.begin(), speech.end());
    }
    ensure(!reader.failed() && reader.left() == 0, "the frames fill the packet");
  }
  return frames;
}

void amr(Bytes input) {
  // 3GPP TS 26.101 and TS 26.201, table 1a each; those reserved are never sent.
  constexpr std::array narrow{12, 13, 15, 17, 19, 20, 26, 31, 5, 0, 0, 0, 0, 0, 0, 0};
  constexpr std::array wide{17, 23, 32, 36, 40, 46, 50, 58, 60, 5, 0, 0, 0, 0, 0, 0};
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 0);
  const bool is_wide = reader.u8() % 2 != 0;
  const AmrFormat format{is_wide ? AmrFormat::Band::wide : AmrFormat::Band::narrow};
  const auto packets = cut(*format.make_packetizer(limit), {.data = reader.rest()}, limit);
  if (!packets) return;
  ensure_markers(*packets, Markers::none);
  const auto& sizes = is_wide ? wide : narrow;
  ByteVector expected(reader.rest().begin(), reader.rest().end());
  for (std::size_t at = 0; at < expected.size();
       at += 1 + static_cast<std::size_t>(sizes[u8(expected[at]) >> 3 & 15]))
    expected[at] &= std::byte{0x7c};
  ensure(amr_frames(*packets, sizes) == expected, "a receiver has the frames that went in");
}

void xiph(Bytes input) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 0);
  const auto packets =
      cut(*XiphFormat{.ident = 0xabcdef}.make_packetizer(limit), {.data = reader.rest()}, limit);
  if (!packets) return;
  ensure_markers(*packets, Markers::none);
  for (std::size_t i = 0; i < packets->size(); ++i) {
    ByteReader header{(*packets)[i].bytes};
    ensure(header.u24() == 0xabcdef, "the ident is there");
    const unsigned fragment = header.u8() >> 6;
    const bool last = i + 1 == packets->size();
    ensure(fragment == (packets->size() == 1 ? 0u : i == 0 ? 1u : last ? 3u : 2u), "fragments are numbered");
    ensure(header.u16() == header.left(), "the length is there");
  }
  ensure_whole(*packets, 6, reader.rest());
}

void ilbc(Bytes input) {
  ByteReader reader(input);
  const std::size_t limit = limit_of(reader.u8(), 50);
  const IlbcFormat format{.block_size = reader.u8() % 2 == 0 ? 38u : 50u};
  const auto packets = cut(*format.make_packetizer(limit), {.data = reader.rest()}, limit);
  if (!packets) return;
  ensure_markers(*packets, Markers::none);
  ensure_whole(*packets, 0, reader.rest());
}

constexpr std::array targets{
    Target{"payload_aac", aac}, Target{"payload_opus", opus}, Target{"payload_g711", g711},
    Target{"payload_l16", l16}, Target{"payload_mpa", mpa},   Target{"payload_ac3", ac3},
    Target{"payload_amr", amr}, Target{"payload_xiph", xiph}, Target{"payload_ilbc", ilbc},
};

}  // namespace

std::span<const Target> audio_targets() {
  return targets;
}

}  // namespace lectern::fuzz
