#include "media/live/card.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>

extern "C" {
#include <libavcodec/packet.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libavutil/time.h>
}

#include "media/ffmpeg/encoder.h"
#include "media/ffmpeg/filter_graph.h"

namespace lectern::media {
namespace {

constexpr unsigned rate = 5;            // pictures a second: players that hold some back show it soon
constexpr unsigned key_interval = 10;   // pictures
constexpr unsigned rounds = 2;          // consecutive IDR pictures differ in idr_pic_id (H.264 7.4.3)
constexpr unsigned bit_rate = 500'000;  // of which a still picture takes a small part
constexpr MediaTime frame = AV_TIME_BASE / rate;

/// As formats and encoders have it: RTP carries JPEG in steps of 8 pixels and up to 2040 (RFC 2435).
unsigned fitting(unsigned pixels, int codec) {
  if (codec == AV_CODEC_ID_MJPEG) return std::clamp(pixels & ~7U, 64U, 2040U);
  return std::clamp(pixels & ~1U, 64U, 8192U);
}

Result<FilterGraph> draw(const CardOptions& options, int codec) {
  const unsigned width = fitting(options.width, codec), height = fitting(options.height, codec);
  const std::string picture = "color=c=0x203040:size=" + std::to_string(width) + "x" +
                              std::to_string(height) + ":rate=" + std::to_string(rate);
  const std::string format = codec == AV_CODEC_ID_MJPEG ? ",format=yuvj420p" : ",format=yuv420p";
  std::string text;
  for (const char c : options.text) {
    if (c == ':') text += '\\';
    text += c;
  }
  const unsigned size = std::max(8U, std::min(height / 10, width / 16));
  const std::string written = ",drawtext=expansion=none:text='" + text +
                              "':x=(w-tw)/2:y=(h-th)/2:fontcolor=white:fontsize=" + std::to_string(size);
  if (auto graph = FilterGraph::source(picture + written + format, true)) return graph;
  return FilterGraph::source(picture + format, true);
}

struct Encoded {
  OutputContext context;  // only to describe the stream
  std::vector<Packet> packets;
};

Result<Encoded> encode(const CardOptions& options) {
  const int codec = options.codec == 0 ? AV_CODEC_ID_H264 : options.codec;
  auto graph = draw(options, codec);
  if (!graph) return std::move(graph).error();
  auto encoder = Encoder::video(codec, graph->output(), {bit_rate, key_interval});
  if (!encoder) return std::move(encoder).error();
  Encoded made;
  made.context.reset(avformat_alloc_context());
  AVStream* stream = made.context ? avformat_new_stream(made.context.get(), nullptr) : nullptr;
  if (!stream) return Error{Errc::internal, "out of memory"};
  const auto keep = [&](Packet packet) { made.packets.push_back(std::move(packet)); };
  for (unsigned i = 0; i < rounds * key_interval; ++i) {
    auto picture = graph->next();
    if (!picture) return std::move(picture).error();
    if (Status encoded = encoder->encode(**picture, keep); !encoded) return std::move(encoded).error();
  }
  if (Status finished = encoder->finish(keep); !finished) return std::move(finished).error();
  // Some encoders know their headers only now.
  if (Status described = encoder->describe(*stream); !described) return std::move(described).error();
  if (made.packets.empty() || !(made.packets.front()->flags & AV_PKT_FLAG_KEY))
    return Error{Errc::internal, "the encoder gives no key frame"};
  return made;
}

}  // namespace

Error Card::run(SourceHost& host) {
  auto made = encode(options_);
  if (!made) return std::move(made).error();
  auto selection = select_tracks(*made->context, name(), host.max_payload());
  if (!selection) return std::move(selection).error();
  const std::uint32_t clock_rate = selection->tracks.front().format.clock_rate;
  host.begin(*std::move(selection), {});
  const std::int64_t origin_us = av_gettime_relative();
  for (std::int64_t number = 0;; ++number) {
    if (!host.sleep_until(origin_us + number * frame)) return {Errc::end, "stopped"};
    const AVPacket& packet = *made->packets[static_cast<std::size_t>(number) % made->packets.size()];
    LiveUnit live;
    live.unit.packet.reset(av_packet_clone(&packet));
    if (!live.unit.packet) return {Errc::internal, "out of memory"};
    live.unit.random_access = packet.flags & AV_PKT_FLAG_KEY;
    live.unit.dts = live.unit.pts = number * frame;
    live.unit.pts_ticks = av_rescale(live.unit.pts, clock_rate, AV_TIME_BASE);
    live.unit.duration = frame;
    host.take(std::move(live));
  }
}

std::string away_since(std::int64_t since_us, std::int64_t now_us) {
  constexpr std::int64_t long_ago_us = 12LL * 3600 * 1'000'000;
  const std::time_t since = since_us / 1'000'000;
  std::tm local{};
  ::localtime_r(&since, &local);
  std::array<char, 64> text{};
  const char* form =
      now_us - since_us < long_ago_us ? "camera away since %H:%M" : "camera away since %d %b %H:%M";
  return {text.data(), std::strftime(text.data(), text.size(), form, &local)};
}

}  // namespace lectern::media
