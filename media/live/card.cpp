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

/// The encoded pictures, each made when it is first asked for: the first of them is there soon.
class Pictures {
 public:
  static Result<Pictures> create(const CardOptions& options) {
    const int codec = options.codec == 0 ? AV_CODEC_ID_H264 : options.codec;
    auto graph = draw(options, codec);
    if (!graph) return std::move(graph).error();
    auto encoder = Encoder::video(codec, graph->output(), {bit_rate, key_interval});
    if (!encoder) return std::move(encoder).error();
    return Pictures(*std::move(graph), *std::move(encoder));
  }

  /// Number `number` of all that there will ever be.
  Result<const AVPacket*> at(std::size_t number) {
    while (!finished_ && number >= packets_.size())
      if (Status made = make_next(); !made) return std::move(made).error();
    if (packets_.empty() || !(packets_.front()->flags & AV_PKT_FLAG_KEY))
      return Error{Errc::internal, "the encoder gives no key frame"};
    return packets_[number % packets_.size()].get();
  }
  Status describe(AVStream& stream) const { return encoder_.describe(stream); }

 private:
  Pictures(FilterGraph graph, Encoder encoder) : graph_(std::move(graph)), encoder_(std::move(encoder)) {}

  Status make_next() {
    const auto keep = [&](Packet packet) { packets_.push_back(std::move(packet)); };
    if (drawn_ == rounds * key_interval) {
      finished_ = true;
      return encoder_.finish(keep);
    }
    auto picture = graph_.next();
    if (!picture) return std::move(picture).error();
    ++drawn_;
    return encoder_.encode(**picture, keep);
  }

  FilterGraph graph_;
  Encoder encoder_;
  std::vector<Packet> packets_;
  unsigned drawn_ = 0;
  bool finished_ = false;
};

}  // namespace

Error Card::run(SourceHost& host) {
  auto pictures = Pictures::create(options_);
  if (!pictures) return std::move(pictures).error();
  // Some encoders know their headers with the first picture only.
  if (const auto first = pictures->at(0); !first) return first.error();
  const OutputContext context(avformat_alloc_context());  // only to describe the stream
  AVStream* stream = context ? avformat_new_stream(context.get(), nullptr) : nullptr;
  if (!stream) return {Errc::internal, "out of memory"};
  if (Status described = pictures->describe(*stream); !described) return std::move(described).error();
  auto selection = select_tracks(*context, name(), host.max_payload());
  if (!selection) return std::move(selection).error();
  const std::uint32_t clock_rate = selection->tracks.front().format.clock_rate;
  host.begin(*std::move(selection), {});
  const std::int64_t origin_us = av_gettime_relative();
  for (std::int64_t number = 0;; ++number) {
    if (!host.sleep_until(origin_us + number * frame)) return {Errc::end, "stopped"};
    const auto packet = pictures->at(static_cast<std::size_t>(number));
    if (!packet) return packet.error();
    LiveUnit live;
    live.unit.packet.reset(av_packet_clone(*packet));
    if (!live.unit.packet) return {Errc::internal, "out of memory"};
    live.unit.random_access = (*packet)->flags & AV_PKT_FLAG_KEY;
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
