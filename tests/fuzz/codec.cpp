#include <array>

#include "protocol/payload/aac.h"
#include "protocol/payload/audio_specific_config.h"
#include "protocol/payload/av1.h"
#include "protocol/payload/bit_reader.h"
#include "protocol/payload/h264.h"
#include "protocol/payload/h265.h"
#include "protocol/payload/jpeg_frame.h"
#include "protocol/payload/jpeg_huffman.h"
#include "protocol/payload/nal_units.h"
#include "protocol/payload/obu.h"
#include "protocol/payload/parameter_sets.h"
#include "tests/fuzz/target.h"

namespace lectern::fuzz {
namespace {

using namespace payload;

void audio_specific_config(Bytes input) {
  const auto config = AudioSpecificConfig::parse(input);
  if (!config) return;
  ensure(config->sample_rate > 0 && config->channels > 0, "a configuration has a rate and channels");
  const auto format = AacFormat::from_config(input);
  ensure(format && format->sample_rate == config->sample_rate, "an AAC format comes of it");
  const auto plain = make_audio_specific_config(config->object_type, config->sample_rate, config->channels);
  if (!plain) return;
  const auto again = AudioSpecificConfig::parse(*plain);
  ensure(again && again->sample_rate == config->sample_rate && again->channels == config->channels,
         "the plain form says the same");
}

void adts(Bytes input) {
  const auto header = AdtsHeader::parse(input);
  if (!header) return;
  ensure(header->frame_size > header->size && (header->size == 7 || header->size == 9),
         "a frame has something");
  (void)AacFormat::from_adts(input);
}

template <typename Format>
void extradata(Bytes input) {
  const auto format = Format::from_extradata(input);
  if (!format) return;
  ensure(format->fmtp().find_first_of("\r\n ") == std::string::npos, "an fmtp is one word");
}

template <typename Format>
void parameter_sets(Bytes input) {
  extradata<Format>(input);
  const auto format = Format::from_extradata(input);
  if (!format) return;
  std::size_t size = 0;
  for (const auto& [key, set] : format->sets.all()) {
    size += set.size();
    ensure((format->sets.kinds() >> key.kind & 1u) != 0, "the kind is known");
  }
  ensure(size == format->sets.size(), "the sizes add up");
}

/// The first byte: the framing.
void nal_units(Bytes input) {
  if (input.empty()) return;
  constexpr std::array framings{NalFraming::annex_b, NalFraming::length_1, NalFraming::length_2,
                                NalFraming::length_4};
  const Bytes data = input.subspan(1);
  NalUnits units(data, framings[u8(input[0]) % framings.size()]);
  const std::byte* end = data.data();
  while (const auto unit = units.next()) {
    ensure(!unit->empty() && unit->data() >= end, "units are not empty, and follow each other");
    end = unit->data() + unit->size();
  }
  ensure(end <= data.data() + data.size(), "units are in the data");
  ensure(!units.next(), "the end is the end");
}

void obus(Bytes input) {
  std::vector<Obu> obus;
  const bool whole = read_obus(input, obus).ok();
  std::size_t size = 0;
  for (const Obu& obu : obus) {
    ByteVector bytes(obu.size());
    obu.copy(0, bytes);
    size += obu.size();
    if (obu.type == ObuType::sequence_header) (void)read_sequence_header(obu.payload);
  }
  ensure(!whole || size <= input.size(), "OBUs are in the data");
}

void sequence_header(Bytes input) {
  const auto level = read_sequence_header(input);
  if (level) ensure(level->profile < 8 && level->level_idx < 32 && level->tier < 2, "fields have their bits");
}

void leb128(Bytes input) {
  const std::size_t value = ByteReader(input).u64() & 0xff'ffff'ffff'ffff;
  ByteVector bytes(leb128_size(value));
  write_leb128(value, bytes);
  std::size_t read = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    read |= static_cast<std::size_t>(u8(bytes[i]) & 0x7fu) << (7 * i);
    ensure((u8(bytes[i]) >= 0x80) == (i + 1 < bytes.size()), "all but the last say that more follows");
  }
  ensure(read == value, "a number reads back the same");
}

void jpeg(Bytes input) {
  const auto frame = read_jpeg_frame(input);
  if (!frame) return;
  ensure(frame->type < 2 && frame->width > 0 && frame->height > 0, "a picture has a form and a size");
  ensure(frame->width <= 2040 && frame->height <= 2040, "that RFC 2435 has room for");
  ensure(frame->luma_quantization.size() == 64 && frame->chroma_quantization.size() == 64, "and tables");
}

void jpeg_huffman(Bytes input) {
  ByteReader reader(input);
  const std::uint8_t flags = reader.u8();
  (void)is_standard_huffman_table(flags % 2 != 0, flags >> 1, reader.rest());
}

/// The first byte: escapes. The next say how many bits are read, from the same bytes.
void bits(Bytes input) {
  if (input.empty()) return;
  const auto escapes =
      u8(input[0]) % 2 == 0 ? BitReader::Escapes::none : BitReader::Escapes::emulation_prevention;
  BitReader reader(input, escapes);
  std::size_t read = 0;
  for (const std::byte each : input) {
    const unsigned count = u8(each) % 33u;
    const bool had_failed = reader.failed();
    const std::uint64_t value = reader.bits(count);
    ensure(value < std::uint64_t{1} << count, "no bit more than asked for");
    ensure(!had_failed || reader.failed(), "a failure stays");
    if (u8(each) >= 0xf0) (void)reader.exp_golomb();
    if (!reader.failed()) read += count;
  }
  ensure(read <= 8 * input.size(), "no bit more than there are");
}

constexpr std::array targets{
    Target{"codec_audio_specific_config", audio_specific_config},
    Target{"codec_adts", adts},
    Target{"codec_h264_extradata", parameter_sets<H264Format>},
    Target{"codec_h265_extradata", parameter_sets<H265Format>},
    Target{"codec_av1_extradata", extradata<Av1Format>},
    Target{"codec_nal_units", nal_units},
    Target{"codec_obus", obus},
    Target{"codec_av1_sequence_header", sequence_header},
    Target{"codec_leb128", leb128},
    Target{"codec_jpeg", jpeg},
    Target{"codec_jpeg_huffman", jpeg_huffman},
    Target{"codec_bits", bits},
};

}  // namespace

std::span<const Target> codec_targets() {
  return targets;
}

}  // namespace lectern::fuzz
