#include "protocol/payload/aac.h"

#include <algorithm>

#include "protocol/base/base64.h"
#include "protocol/base/byte_writer.h"
#include "protocol/payload/audio_specific_config.h"
#include "protocol/payload/fragments.h"

namespace lectern::payload {
namespace {

// AU-headers-length and one AU-header: AU-size in 13 bits, AU-Index in 3.
constexpr std::size_t header_size = 4;
constexpr std::uint16_t au_headers_bits = 16;
constexpr std::size_t most_au_size = 8191;

/// The raw data block of a unit with or without an ADTS header. No raw unit begins with the syncword: it
/// would be an END element, and then more.
Result<Bytes> raw_data_block(Bytes unit) {
  const auto header = AdtsHeader::parse(unit);
  if (!header) return unit;
  if (header->frame_size != unit.size())
    return invalid("ADTS frame of " + std::to_string(header->frame_size) + " bytes in a unit of " +
                   std::to_string(unit.size()));
  if (header->blocks != 1) return unsupported("ADTS frame of more than one raw data block");
  return unit.subspan(header->size);
}

class AacPacketizer final : public Packetizer {
 public:
  explicit AacPacketizer(std::size_t max_payload) : max_payload_(max_payload) {}

  Status packetize(const AccessUnit& unit, PayloadSink& sink) override {
    if (max_payload_ <= header_size) return invalid("no room for an AU-header in a packet");
    const auto block = raw_data_block(unit.data);
    if (!block) return block.error();
    const std::size_t size = block->size();
    if (size == 0) return invalid("empty AAC unit");
    if (size > most_au_size)
      return Error{Errc::too_large, "AAC unit of " + std::to_string(size) + " bytes, 8191 is the most"};
    const std::size_t step = fragment_size(size, max_payload_ - header_size);
    for (std::size_t at = 0; at < size; at += step) {
      const Bytes piece = block->subspan(at, std::min(step, size - at));
      ByteWriter out(sink.reserve(header_size + piece.size()));
      out.u16(au_headers_bits).u16(static_cast<std::uint16_t>(size << 3)).bytes(piece);
      sink.emit(out.size(), at + step >= size);
    }
    return {};
  }

 private:
  std::size_t max_payload_;
};

}  // namespace

Result<AacFormat> AacFormat::from_config(Bytes audio_specific_config) {
  const auto parsed = AudioSpecificConfig::parse(audio_specific_config);
  if (!parsed) return parsed.error();
  return AacFormat{
      parsed->sample_rate, parsed->channels, {audio_specific_config.begin(), audio_specific_config.end()}};
}

Result<AacFormat> AacFormat::from_adts(Bytes frame) {
  const auto header = AdtsHeader::parse(frame);
  if (!header) return header.error();
  if (header->channel_configuration == 0)
    return unsupported("ADTS with its channels in a program_config_element");
  const unsigned channels = header->channel_configuration == 7 ? 8 : header->channel_configuration;
  const auto config = make_audio_specific_config(header->object_type, header->sample_rate, channels);
  if (!config) return config.error();
  return from_config(*config);
}

std::string AacFormat::fmtp() const {
  return "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;"
         "config=" +
         hex_encode(config);
}

std::unique_ptr<Packetizer> AacFormat::make_packetizer(std::size_t max_payload) const {
  return std::make_unique<AacPacketizer>(max_payload);
}

}  // namespace lectern::payload
