#include "media/ffmpeg/pcm_packetizer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

extern "C" {
#include <libavcodec/avcodec.h>
}

#include "media/ffmpeg/error.h"
#include "media/ffmpeg/handles.h"
#include "protocol/payload/l16.h"

namespace lectern::media {
namespace {

enum class Order { little, big };

template <std::size_t size, Order order>
std::uint64_t load(const std::byte* at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | u8(at[order == Order::big ? i : size - 1 - i]);
  return value;
}

/// The upper 16 bits of an integer sample; unsigned ones have their zero in the middle.
template <std::size_t size, Order order, bool is_unsigned = false>
std::uint16_t integer(const std::byte* at) {
  const std::uint64_t value = load<size, order>(at);
  const std::uint64_t upper = size == 1 ? value << 8 : value >> (size == 1 ? 0 : 8 * (size - 2));
  return static_cast<std::uint16_t>(is_unsigned ? upper ^ 0x8000 : upper);
}

std::uint16_t from_real(double value) {
  if (std::isnan(value)) return 0;
  const double scaled = std::clamp(std::nearbyint(value * 32768.0), -32768.0, 32767.0);
  return static_cast<std::uint16_t>(static_cast<std::int16_t>(scaled));
}

template <Order order>
std::uint16_t single(const std::byte* at) {
  return from_real(std::bit_cast<float>(static_cast<std::uint32_t>(load<4, order>(at))));
}

template <Order order>
std::uint16_t twice(const std::byte* at) {
  return from_real(std::bit_cast<double>(load<8, order>(at)));
}

struct Layout {
  AVCodecID codec;
  std::size_t size;                         ///< bytes of a sample
  std::uint16_t (*read)(const std::byte*);  ///< two's complement
};

constexpr std::array<Layout, 18> layouts{{
    {AV_CODEC_ID_PCM_S16LE, 2, integer<2, Order::little>},
    {AV_CODEC_ID_PCM_S16BE, 2, integer<2, Order::big>},
    {AV_CODEC_ID_PCM_U16LE, 2, integer<2, Order::little, true>},
    {AV_CODEC_ID_PCM_U16BE, 2, integer<2, Order::big, true>},
    {AV_CODEC_ID_PCM_S8, 1, integer<1, Order::big>},
    {AV_CODEC_ID_PCM_U8, 1, integer<1, Order::big, true>},
    {AV_CODEC_ID_PCM_S24LE, 3, integer<3, Order::little>},
    {AV_CODEC_ID_PCM_S24BE, 3, integer<3, Order::big>},
    {AV_CODEC_ID_PCM_U24LE, 3, integer<3, Order::little, true>},
    {AV_CODEC_ID_PCM_U24BE, 3, integer<3, Order::big, true>},
    {AV_CODEC_ID_PCM_S32LE, 4, integer<4, Order::little>},
    {AV_CODEC_ID_PCM_S32BE, 4, integer<4, Order::big>},
    {AV_CODEC_ID_PCM_U32LE, 4, integer<4, Order::little, true>},
    {AV_CODEC_ID_PCM_U32BE, 4, integer<4, Order::big, true>},
    {AV_CODEC_ID_PCM_F32LE, 4, single<Order::little>},
    {AV_CODEC_ID_PCM_F32BE, 4, single<Order::big>},
    {AV_CODEC_ID_PCM_F64LE, 8, twice<Order::little>},
    {AV_CODEC_ID_PCM_F64BE, 8, twice<Order::big>},
}};

const Layout* layout_of(AVCodecID codec) {
  const auto* found = std::ranges::find(layouts, codec, &Layout::codec);
  return found == layouts.end() ? nullptr : found;
}

void put(std::uint16_t sample, std::byte* at) {
  at[0] = static_cast<std::byte>(sample >> 8);
  at[1] = static_cast<std::byte>(sample & 0xff);
}

class PcmPacketizer final : public payload::Packetizer {
 public:
  PcmPacketizer(const Layout& layout, std::unique_ptr<Packetizer> l16)
      : layout_(layout), l16_(std::move(l16)) {}

  Status packetize(const payload::AccessUnit& unit, payload::PayloadSink& sink) override {
    if (unit.data.size() % layout_.size != 0) return invalid("PCM unit ends inside a sample");
    const std::size_t samples = unit.data.size() / layout_.size;
    converted_.resize(2 * samples);
    for (std::size_t i = 0; i < samples; ++i) {
      const std::uint16_t sample = layout_.read(unit.data.data() + i * layout_.size);
      put(sample, converted_.data() + 2 * i);
    }
    payload::AccessUnit converted = unit;
    converted.data = converted_;
    return l16_->packetize(converted, sink);
  }

 private:
  const Layout& layout_;
  std::unique_ptr<Packetizer> l16_;
  ByteVector converted_;
};

constexpr std::array<AVCodecID, 7> decodable{AV_CODEC_ID_PCM_S8_PLANAR,    AV_CODEC_ID_PCM_S16LE_PLANAR,
                                             AV_CODEC_ID_PCM_S16BE_PLANAR, AV_CODEC_ID_PCM_S24LE_PLANAR,
                                             AV_CODEC_ID_PCM_S32LE_PLANAR, AV_CODEC_ID_PCM_DVD,
                                             AV_CODEC_ID_PCM_BLURAY};

class DecodedPcmPacketizer final : public payload::Packetizer {
 public:
  DecodedPcmPacketizer(CodecContext decoder, std::unique_ptr<Packetizer> l16)
      : decoder_(std::move(decoder)), l16_(std::move(l16)) {}

  Status packetize(const payload::AccessUnit& unit, payload::PayloadSink& sink) override {
    const Packet packet(av_packet_alloc());
    if (!packet || !frame_ || av_new_packet(packet.get(), static_cast<int>(unit.data.size())) < 0)
      return Error{Errc::internal, "out of memory"};
    std::ranges::copy(unit.data, reinterpret_cast<std::byte*>(packet->data));
    if (const int code = avcodec_send_packet(decoder_.get(), packet.get()); code < 0)
      return av_error(code, "PCM");
    converted_.clear();
    while (avcodec_receive_frame(decoder_.get(), frame_.get()) >= 0) append();
    if (converted_.empty()) return {};
    payload::AccessUnit converted = unit;
    converted.data = converted_;
    return l16_->packetize(converted, sink);
  }

 private:
  void append() {
    const auto format = static_cast<AVSampleFormat>(frame_->format);
    const bool planar = av_sample_fmt_is_planar(format) != 0;
    const auto channels = static_cast<std::size_t>(frame_->ch_layout.nb_channels);
    const auto samples = static_cast<std::size_t>(frame_->nb_samples);
    const auto size = static_cast<std::size_t>(av_get_bytes_per_sample(format));
    std::size_t at = converted_.size();
    converted_.resize(at + 2 * samples * channels);
    for (std::size_t i = 0; i < samples; ++i) {
      for (std::size_t channel = 0; channel < channels; ++channel, at += 2) {
        const std::uint8_t* from = planar ? frame_->extended_data[channel] + i * size
                                          : frame_->extended_data[0] + (i * channels + channel) * size;
        put(upper_bits(from, size), converted_.data() + at);
      }
    }
  }

  static std::uint16_t upper_bits(const std::uint8_t* from, std::size_t size) {
    const auto* sample = reinterpret_cast<const std::byte*>(from);
    constexpr Order native = std::endian::native == std::endian::little ? Order::little : Order::big;
    return size == 1 ? integer<1, native, true>(sample)
                     : (size == 2 ? integer<2, native>(sample) : integer<4, native>(sample));
  }

  CodecContext decoder_;
  std::unique_ptr<Packetizer> l16_;
  Frame frame_{av_frame_alloc()};
  ByteVector converted_;
};

}  // namespace

bool is_convertible_pcm(AVCodecID codec) {
  return layout_of(codec) != nullptr;
}

std::unique_ptr<payload::Packetizer> make_pcm_packetizer(AVCodecID codec, unsigned rate, unsigned channels,
                                                         std::size_t max_payload) {
  const Layout* layout = layout_of(codec);
  if (!layout) return nullptr;
  return std::make_unique<PcmPacketizer>(*layout,
                                         payload::L16Format{rate, channels}.make_packetizer(max_payload));
}

bool is_decodable_pcm(AVCodecID codec) {
  return std::ranges::find(decodable, codec) != decodable.end();
}

Result<std::unique_ptr<payload::Packetizer>> make_decoded_pcm_packetizer(const AVCodecParameters& parameters,
                                                                         std::size_t max_payload) {
  const AVCodec* codec =
      is_decodable_pcm(parameters.codec_id) ? avcodec_find_decoder(parameters.codec_id) : nullptr;
  CodecContext decoder(codec ? avcodec_alloc_context3(codec) : nullptr);
  if (!decoder) return unsupported("no decoder for this PCM");
  if (const int code = avcodec_parameters_to_context(decoder.get(), &parameters); code < 0)
    return av_error(code, "PCM");
  if (const int code = avcodec_open2(decoder.get(), codec, nullptr); code < 0) return av_error(code, "PCM");
  const payload::L16Format format{static_cast<unsigned>(parameters.sample_rate),
                                  static_cast<unsigned>(parameters.ch_layout.nb_channels)};
  return std::unique_ptr<payload::Packetizer>(
      std::make_unique<DecodedPcmPacketizer>(std::move(decoder), format.make_packetizer(max_payload)));
}

}  // namespace lectern::media
