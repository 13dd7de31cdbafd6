#include "media/ffmpeg/pcm_packetizer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

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
      converted_[2 * i] = static_cast<std::byte>(sample >> 8);
      converted_[2 * i + 1] = static_cast<std::byte>(sample & 0xff);
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

}  // namespace lectern::media
