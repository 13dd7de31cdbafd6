#include "protocol/payload/h265.h"

#include <algorithm>

#include "protocol/base/byte_reader.h"
#include "protocol/payload/bit_reader.h"
#include "protocol/payload/nal_packetizer.h"

namespace lectern::payload {
namespace {

constexpr std::uint8_t vps_kind = 0, sps_kind = 1, pps_kind = 2;

// ITU-T H.265 table 7-1
enum NalType : std::uint8_t {
  first_irap = 16,
  last_irap = 21,
  vps = 32,
  sps = 33,
  pps = 34,
  access_unit_delimiter = 35,
  end_of_sequence = 36,
  end_of_bitstream = 37,
  filler_data = 38,
  aggregation_packet = 48,  // from here on the types are RTP's own (RFC 7798 section 4.4)
  fragmentation_unit = 49,
};

std::uint8_t type_of(Bytes nal) {
  return u8(nal[0]) >> 1 & 0x3f;
}
std::uint8_t layer_of(Bytes nal) {
  return static_cast<std::uint8_t>((u8(nal[0]) & 1) << 5 | u8(nal[1]) >> 3);
}
std::uint8_t temporal_id_of(Bytes nal) {
  return u8(nal[1]) & 7;
}

void write_header(unsigned forbidden, std::uint8_t type, std::uint8_t layer, std::uint8_t temporal_id,
                  MutableBytes header) {
  header[0] = std::byte(forbidden | type << 1 | layer >> 5);
  header[1] = std::byte((layer & 0x1f) << 3 | temporal_id);
}

/// ITU-T H.265 section 7.3.3, profile_tier_level(1, max_sub_layers_minus1)
void skip_profile_tier_level(BitReader& bits, unsigned max_sub_layers_minus1) {
  bits.skip(96);
  unsigned profiles = 0, levels = 0;
  for (unsigned i = 0; i < max_sub_layers_minus1; ++i) {
    profiles += bits.bits(1);
    levels += bits.bits(1);
  }
  if (max_sub_layers_minus1 > 0) bits.skip(2 * (8 - max_sub_layers_minus1));
  bits.skip(88 * profiles + 8 * levels);
}

/// Base layer only: what the sets of others refer to is not ours to order.
std::optional<ParameterSetKey> key_of(Bytes nal) {
  if (nal.size() < 2 || layer_of(nal) != 0) return std::nullopt;
  BitReader bits(nal.subspan(2), BitReader::Escapes::emulation_prevention);
  ParameterSetKey key;
  std::uint32_t most_id = 15;
  switch (type_of(nal)) {
    case vps:
      key = {vps_kind, bits.bits(4)};
      break;
    case sps: {
      bits.skip(4);
      const unsigned max_sub_layers_minus1 = bits.bits(3);
      bits.skip(1);
      skip_profile_tier_level(bits, max_sub_layers_minus1);
      key = {sps_kind, bits.exp_golomb()};
      break;
    }
    case pps:
      key = {pps_kind, bits.exp_golomb()};
      most_id = 63;
      break;
    default:
      return std::nullopt;
  }
  if (bits.failed() || key.id > most_id) return std::nullopt;
  return key;
}

class H265Packetizer final : public NalPacketizer {
 public:
  using NalPacketizer::NalPacketizer;

 private:
  Result<Configuration> configuration(Bytes extradata) const override {
    auto format = H265Format::from_extradata(extradata);
    if (!format) return format.error();
    return Configuration{format->framing, std::move(format->sets)};
  }

  Role role(Bytes nal) const override {
    const std::uint8_t type = type_of(nal);
    if (type >= first_irap && type <= last_irap) return Role::random_access;
    switch (type) {
      case vps:
      case sps:
      case pps:
        return Role::parameter_set;
      case access_unit_delimiter:
      case end_of_sequence:
      case end_of_bitstream:
      case filler_data:
        return Role::dropped;
      default:
        return type >= aggregation_packet ? Role::dropped : Role::other;
    }
  }

  std::optional<ParameterSetKey> parameter_set_key(Bytes nal) const override { return key_of(nal); }
  std::size_t header_size() const override { return 2; }

  void write_aggregation_header(std::span<const Bytes> nals, MutableBytes header) const override {
    // RFC 7798 section 4.4.2: F is that of any unit, LayerId and TID the lowest.
    unsigned forbidden = 0;
    std::uint8_t layer = 63, temporal_id = 7;
    for (const Bytes nal : nals) {
      forbidden |= u8(nal[0]) & 0x80U;
      layer = std::min(layer, layer_of(nal));
      temporal_id = std::min(temporal_id, temporal_id_of(nal));
    }
    write_header(forbidden, aggregation_packet, layer, temporal_id, header);
  }

  void write_fragment_header(Bytes nal, bool first, bool last, MutableBytes header) const override {
    write_header(u8(nal[0]) & 0x80U, fragmentation_unit, layer_of(nal), temporal_id_of(nal), header);
    header[2] = std::byte((first ? 0x80 : 0) | (last ? 0x40 : 0) | type_of(nal));
  }
};

void remember(ParameterSets& sets, Bytes nal) {
  if (const auto key = key_of(nal)) sets.remember(*key, nal);
}

Result<H265Format> from_hvcc(Bytes extradata) {
  ByteReader reader(extradata);
  reader.skip(21);  // profile, level and formats: the parameter sets have them too
  const unsigned length_size = (reader.u8() & 3U) + 1;
  H265Format format;
  for (unsigned arrays = reader.u8(); arrays > 0 && !reader.failed(); --arrays) {
    reader.skip(1);  // array_completeness and type: each unit has its own
    for (unsigned count = reader.u16(); count > 0 && !reader.failed(); --count) {
      remember(format.sets, reader.take(reader.u16()));
    }
  }
  if (reader.failed()) return invalid("hvcC of H.265 is cut short");
  const auto framing = nal_framing_of_length_size(length_size);
  if (!framing) return framing.error();
  format.framing = *framing;
  return format;
}

}  // namespace

Result<H265Format> H265Format::from_extradata(Bytes extradata) {
  H265Format format;
  if (extradata.empty()) return format;
  if (!starts_with_start_code(extradata)) {
    // configurationVersion is 1, but files from before the standard was final have 0.
    if (u8(extradata[0]) <= 1) return from_hvcc(extradata);
    return invalid("extradata of H.265 is neither hvcC nor Annex B");
  }
  NalUnits units(extradata, NalFraming::annex_b);
  while (const auto nal = units.next()) remember(format.sets, *nal);
  return format;
}

std::string H265Format::fmtp() const {
  std::string text;
  for (const auto& [kind, name] : {std::pair{vps_kind, "sprop-vps="}, std::pair{sps_kind, "sprop-sps="},
                                   std::pair{pps_kind, "sprop-pps="}}) {
    if ((sets.kinds() & 1U << kind) == 0) continue;
    if (!text.empty()) text += ';';
    text += name + sets.sprop(kind);
  }
  return text;
}

std::unique_ptr<Packetizer> H265Format::make_packetizer(std::size_t max_payload) const {
  return std::make_unique<H265Packetizer>(framing, sets, max_payload);
}

}  // namespace lectern::payload
