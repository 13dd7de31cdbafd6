#include "protocol/payload/h264.h"

#include <algorithm>

#include "protocol/base/base64.h"
#include "protocol/base/byte_reader.h"
#include "protocol/base/text.h"
#include "protocol/payload/bit_reader.h"
#include "protocol/payload/nal_packetizer.h"

namespace lectern::payload {
namespace {

constexpr std::uint8_t sps_kind = 0, pps_kind = 1;
constexpr std::uint32_t most_sps_id = 31, most_pps_id = 255;

// ITU-T H.264 table 7-1
enum NalType : std::uint8_t {
  idr = 5,
  sei = 6,
  sps = 7,
  pps = 8,
  access_unit_delimiter = 9,
  end_of_sequence = 10,
  end_of_stream = 11,
  filler_data = 12,
  stap_a = 24,  // from here on the types are RTP's own (RFC 6184 section 5.2)
  fu_a = 28,
};

std::uint8_t type_of(Bytes nal) {
  return u8(nal[0]) & 0x1f;
}

std::optional<ParameterSetKey> key_of(Bytes nal) {
  if (nal.empty()) return std::nullopt;
  BitReader bits(nal.subspan(1), BitReader::Escapes::emulation_prevention);
  const bool is_sps = type_of(nal) == sps;
  if (!is_sps && type_of(nal) != pps) return std::nullopt;
  if (is_sps) bits.skip(24);  // profile_idc, constraint flags, level_idc
  const std::uint32_t id = bits.exp_golomb();
  if (bits.failed() || id > (is_sps ? most_sps_id : most_pps_id)) return std::nullopt;
  return ParameterSetKey{is_sps ? sps_kind : pps_kind, id};
}

/// ITU-T H.264 annex D.1: whether one of the messages is recovery_point.
bool has_recovery_point(Bytes nal) {
  constexpr std::uint32_t recovery_point = 6;
  BitReader bits(nal.subspan(1), BitReader::Escapes::emulation_prevention);
  const auto extended = [&bits] {
    std::uint32_t sum = 0, part = 0;
    do {
      part = bits.bits(8);
      sum += part;
    } while (part == 0xff && !bits.failed());
    return sum;
  };
  while (true) {
    const std::uint32_t type = extended();
    const std::uint32_t size = extended();
    if (bits.failed()) return false;
    if (type == recovery_point && size > 0) return true;
    for (std::uint32_t i = 0; i < size && !bits.failed(); ++i) bits.skip(8);
  }
}

class H264Packetizer final : public NalPacketizer {
 public:
  using NalPacketizer::NalPacketizer;

 private:
  Result<Configuration> configuration(Bytes extradata) const override {
    auto format = H264Format::from_extradata(extradata);
    if (!format) return format.error();
    return Configuration{format->framing, std::move(format->sets)};
  }

  Role role(Bytes nal) const override {
    const std::uint8_t type = type_of(nal);
    switch (type) {
      case idr:
        return Role::random_access;
      case sei:
        return has_recovery_point(nal) ? Role::random_access : Role::other;
      case sps:
      case pps:
        return Role::parameter_set;
      case 0:
      case access_unit_delimiter:
      case end_of_sequence:
      case end_of_stream:
      case filler_data:
        return Role::dropped;
      default:
        return type >= stap_a ? Role::dropped : Role::other;
    }
  }

  std::optional<ParameterSetKey> parameter_set_key(Bytes nal) const override { return key_of(nal); }
  std::size_t header_size() const override { return 1; }

  void write_aggregation_header(std::span<const Bytes> nals, MutableBytes header) const override {
    // RFC 6184 section 5.7: F is that of any unit, NRI the greatest.
    unsigned forbidden = 0, reference = 0;
    for (const Bytes nal : nals) {
      forbidden |= u8(nal[0]) & 0x80U;
      reference = std::max(reference, u8(nal[0]) & 0x60U);
    }
    header[0] = std::byte(forbidden | reference | stap_a);
  }

  void write_fragment_header(Bytes nal, bool first, bool last, MutableBytes header) const override {
    header[0] = std::byte((u8(nal[0]) & 0xe0) | fu_a);
    header[1] = std::byte((first ? 0x80 : 0) | (last ? 0x40 : 0) | type_of(nal));
  }
};

void remember(ParameterSets& sets, Bytes nal) {
  if (const auto key = key_of(nal)) sets.remember(*key, nal);
}

Result<H264Format> from_avcc(Bytes extradata) {
  ByteReader reader(extradata);
  reader.skip(4);  // configurationVersion, profile, compatibility, level: the SPS has them too
  const unsigned length_size = (reader.u8() & 3U) + 1;
  H264Format format;
  for (const unsigned count_mask : {0x1fU, 0xffU}) {
    for (unsigned count = reader.u8() & count_mask; count > 0; --count) {
      remember(format.sets, reader.take(reader.u16()));
    }
  }
  if (reader.failed()) return invalid("avcC of H.264 is cut short");
  const auto framing = nal_framing_of_length_size(length_size);
  if (!framing) return framing.error();
  format.framing = *framing;
  return format;
}

}  // namespace

Result<H264Format> H264Format::from_extradata(Bytes extradata) {
  if (!extradata.empty() && u8(extradata[0]) == 1) return from_avcc(extradata);
  H264Format format;
  NalUnits units(extradata, NalFraming::annex_b);
  while (const auto nal = units.next()) remember(format.sets, *nal);
  if (units.failed()) return invalid("extradata of H.264 is neither avcC nor Annex B");
  return format;
}

std::string H264Format::fmtp() const {
  std::string text = "packetization-mode=1";
  if (sets.kinds() == (1U << sps_kind | 1U << pps_kind)) {
    text += ";sprop-parameter-sets=" + sets.sprop(sps_kind) + "," + sets.sprop(pps_kind);
  }
  if ((sets.kinds() & 1U << sps_kind) != 0) {
    std::string profile_level_id = hex_encode(Bytes(sets.all().begin()->second).subspan(1, 3));
    for (char& c : profile_level_id) {
      if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    }
    text += ";profile-level-id=" + profile_level_id;
  }
  return text;
}

std::unique_ptr<Packetizer> H264Format::make_packetizer(std::size_t max_payload) const {
  return std::make_unique<H264Packetizer>(framing, sets, max_payload);
}

}  // namespace lectern::payload
