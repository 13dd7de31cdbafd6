#include "protocol/payload/audio_specific_config.h"

#include <algorithm>
#include <array>

#include "protocol/payload/bit_reader.h"

namespace lectern::payload {
namespace {

constexpr std::array<unsigned, 13> sample_rates = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                                   22050, 16000, 12000, 11025, 8000,  7350};
constexpr unsigned escaped_rate = 15;
// By channelConfiguration; 0 where reserved, or told by a program_config_element.
constexpr std::array<unsigned, 16> channel_counts = {0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8, 0};
constexpr unsigned object_sbr = 5;
constexpr unsigned object_ps = 29;
constexpr unsigned sync_extension_sbr = 0x2b7;
constexpr unsigned sync_extension_ps = 0x548;

unsigned read_object_type(BitReader& in) {
  const unsigned type = in.bits(5);
  return type == 31 ? 32 + in.bits(6) : type;
}

/// 0 for a reserved index.
unsigned read_sample_rate(BitReader& in) {
  const unsigned index = in.bits(4);
  if (index == escaped_rate) return in.bits(24);
  return index < sample_rates.size() ? sample_rates[index] : 0;
}

/// program_config_element (ISO/IEC 14496-3 section 4.4.1.1): only the channels are of interest.
unsigned read_program_config_channels(BitReader& in) {
  in.bits(4 + 2 + 4);  // element_instance_tag, object_type, sampling_frequency_index
  const unsigned front = in.bits(4);
  const unsigned side = in.bits(4);
  const unsigned back = in.bits(4);
  const unsigned lfe = in.bits(2);
  in.bits(3 + 4);              // associated data, coupling elements
  if (in.bits(1)) in.bits(4);  // mono mixdown
  if (in.bits(1)) in.bits(4);  // stereo mixdown
  if (in.bits(1)) in.bits(3);  // matrix mixdown
  unsigned channels = lfe;
  for (unsigned i = 0; i < front + side + back; ++i) {
    channels += 1 + in.bits(1);  // a channel pair counts twice
    in.bits(4);
  }
  return in.failed() ? 0 : channels;
}

bool is_aac(unsigned object_type) {
  constexpr std::array<unsigned, 9> types = {1, 2, 3, 4, 6, 17, 19, 20, 23};
  return std::ranges::find(types, object_type) != types.end();
}

/// Reads GASpecificConfig; true where all of it was there, so that what follows may be looked at.
bool read_ga_specific_config(BitReader& in, unsigned channel_configuration, AudioSpecificConfig& out) {
  in.bits(1);                   // frameLengthFlag
  if (in.bits(1)) in.bits(14);  // dependsOnCoreCoder, coreCoderDelay
  const bool extension = in.bits(1) != 0;
  if (channel_configuration == 0) out.channels = read_program_config_channels(in);
  if (out.object_type == 6 || out.object_type == 20) in.bits(3);  // layerNr
  if (extension) {
    if (out.object_type == 17 || out.object_type == 19 || out.object_type == 20 || out.object_type == 23)
      in.bits(3);  // resilience flags
    in.bits(1);    // extensionFlag3
  }
  return !in.failed();
}

/// Backward-compatible explicit signalling: SBR and PS told behind a configuration that an old decoder reads.
void read_sync_extension(BitReader& in, AudioSpecificConfig& out) {
  if (in.bits(11) != sync_extension_sbr || read_object_type(in) != object_sbr) return;
  if (!in.bits(1)) return;
  const unsigned rate = read_sample_rate(in);
  if (in.failed() || rate == 0) return;
  out.sbr = true;
  out.sample_rate = rate;
  if (in.bits(11) == sync_extension_ps) out.ps = in.bits(1) != 0;
}

}  // namespace

Result<AudioSpecificConfig> AudioSpecificConfig::parse(Bytes config) {
  BitReader in(config);
  AudioSpecificConfig out;
  out.object_type = read_object_type(in);
  out.sample_rate = read_sample_rate(in);
  const unsigned channel_configuration = in.bits(4);
  if (out.object_type == object_sbr || out.object_type == object_ps) {
    out.sbr = true;
    out.ps = out.object_type == object_ps;
    out.sample_rate = read_sample_rate(in);
    out.object_type = read_object_type(in);
  }
  if (in.failed()) return invalid("truncated AudioSpecificConfig");
  if (!is_aac(out.object_type))
    return unsupported("MPEG-4 audio object type " + std::to_string(out.object_type) + " is no AAC");
  if (out.sample_rate == 0) return invalid("reserved sample rate in AudioSpecificConfig");
  out.channels = channel_counts[channel_configuration];
  if (!read_ga_specific_config(in, channel_configuration, out))
    return invalid("truncated AudioSpecificConfig");
  // Error-resilient types carry epConfig here, and a program_config_element ends in a comment.
  if (!out.sbr && out.object_type < 17 && channel_configuration != 0) read_sync_extension(in, out);
  if (out.ps && out.channels == 1) out.channels = 2;
  if (out.channels == 0) return invalid("AudioSpecificConfig names no channels");
  return out;
}

Result<ByteVector> make_audio_specific_config(unsigned object_type, unsigned sample_rate, unsigned channels) {
  const auto rate = std::ranges::find(sample_rates, sample_rate);
  const auto layout = std::ranges::find(channel_counts, channels);
  if (object_type < 1 || object_type > 4)
    return invalid("no plain AAC object type: " + std::to_string(object_type));
  if (rate == sample_rates.end()) return invalid("no AAC sample rate: " + std::to_string(sample_rate));
  if (channels == 0 || layout == channel_counts.end())
    return invalid("no AAC channel configuration for " + std::to_string(channels) + " channels");
  const auto bits = static_cast<unsigned>(object_type << 11 | (rate - sample_rates.begin()) << 7 |
                                          (layout - channel_counts.begin()) << 3);
  return ByteVector{static_cast<std::byte>(bits >> 8), static_cast<std::byte>(bits & 0xff)};
}

Result<AdtsHeader> AdtsHeader::parse(Bytes unit) {
  BitReader in(unit);
  AdtsHeader out;
  if (unit.size() < 7 || in.bits(12) != 0xfff) return invalid("no ADTS header");
  in.bits(1);  // MPEG-2 or MPEG-4
  if (in.bits(2) != 0) return invalid("no ADTS header");
  out.size = in.bits(1) ? 7 : 9;
  out.object_type = in.bits(2) + 1;
  const unsigned rate = in.bits(4);
  if (rate >= sample_rates.size()) return invalid("reserved sample rate in ADTS header");
  out.sample_rate = sample_rates[rate];
  in.bits(1);
  out.channel_configuration = in.bits(3);
  in.bits(4);
  out.frame_size = in.bits(13);
  in.bits(11);
  out.blocks = in.bits(2) + 1;
  if (out.frame_size <= out.size) return invalid("empty ADTS frame");
  return out;
}

}  // namespace lectern::payload
