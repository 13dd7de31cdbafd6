#include "media/live/test_pattern.h"

#include <algorithm>
#include <cmath>

extern "C" {
#include <libavcodec/packet.h>
#include <libavfilter/buffersink.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libavutil/time.h>
}

#include "media/ffmpeg/encoder.h"
#include "media/ffmpeg/filter_graph.h"
#include "media/live/packet_times.h"

namespace lectern::media {
namespace {

constexpr AVRational microseconds{1, AV_TIME_BASE};
constexpr unsigned tone_bit_rate = 64'000;

std::string picture(const TestPatternOptions& options) {
  return "testsrc2=size=" + std::to_string(options.width) + "x" + std::to_string(options.height) +
         ":rate=" + std::to_string(options.rate);
}

std::string clock_text(const TestPatternOptions& options) {
  // Each frame is drawn when it is due, so the time is that of its capture.
  return ",drawtext=text='%{localtime\\:%H\\\\\\:%M\\\\\\:%S.%3N}':x=(w-tw)/2:y=h*3/4:fontsize=" +
         std::to_string(std::max(12U, options.height / 8)) +
         ":fontcolor=white:box=1:boxcolor=black:boxborderw=8";
}

Result<FilterGraph> draw(const TestPatternOptions& options) {
  const std::string end = ",format=yuv420p";
  if (auto graph = FilterGraph::source(picture(options) + clock_text(options) + end, true)) return graph;
  return FilterGraph::source(picture(options) + end, true);
}

Result<FilterGraph> sound(bool opus) {
  // Frames as long as the encoder's.
  return FilterGraph::source(
      std::string("sine=frequency=440:beep_factor=2:sample_rate=48000:samples_per_frame=") +
          (opus ? "960,aformat=sample_fmts=s16" : "1024,aformat=sample_fmts=fltp") +
          ":channel_layouts=stereo",
      false);
}

}  // namespace

/// One run.
class TestPattern::Drawing {
 public:
  Drawing(const TestPatternOptions& options, SourceHost& host) : options_(options), host_(host) {}

  Status open() {
    context_.reset(avformat_alloc_context());
    if (!context_) return Error{Errc::internal, "out of memory"};
    auto pictures = draw(options_);
    if (!pictures) return std::move(pictures).error();
    const auto interval =
        static_cast<unsigned>(std::max(1.0, std::round(options_.key_seconds * options_.rate)));
    auto video = Encoder::h264(pictures->output(), {options_.bit_rate, interval});
    if (!video) return std::move(video).error();
    if (Status added = add(*std::move(pictures), *std::move(video)); !added) return added;
    if (options_.sound) {
      auto tone = sound(options_.opus);
      if (!tone) return std::move(tone).error();
      auto encoder = Encoder::audio(options_.opus ? "libopus" : "aac", tone->output(), tone_bit_rate);
      if (!encoder) return std::move(encoder).error();
      if (Status added = add(*std::move(tone), *std::move(encoder)); !added) return added;
    }
    auto selection = select_tracks(*context_, "the test pattern", host_.max_payload());
    if (!selection) return std::move(selection).error();
    times_.emplace(*context_, *selection);
    host_.begin(*std::move(selection), "Test pattern");
    return {};
  }

  /// Gives each frame when it is due.
  Error give() {
    const std::int64_t origin_us = av_gettime_relative();
    while (true) {
      auto& next = *std::ranges::min_element(feeds_, {}, &Feed::due);
      if (!host_.sleep_until(origin_us + next.due)) return {Errc::end, "stopped"};
      auto frame = next.graph.next();
      if (!frame) return std::move(frame).error();
      const AVStream& stream = *context_->streams[next.stream];
      const MediaTime at = av_rescale_q((*frame)->pts, stream.time_base, microseconds);
      next.due =
          at + (next.stream == 0 ? AV_TIME_BASE / options_.rate
                                 : av_rescale((*frame)->nb_samples, AV_TIME_BASE, (*frame)->sample_rate));
      const std::int64_t captured_us = av_gettime() - (av_gettime_relative() - origin_us);
      if (Status encoded = next.encoder.encode(**frame,
                                               [&](Packet packet) {
                                                 packet->stream_index = next.stream;
                                                 if (auto unit = times_->unit_of(std::move(packet), at)) {
                                                   const std::int64_t captured = captured_us + unit->pts;
                                                   host_.take({*std::move(unit), captured});
                                                 }
                                               });
          !encoded)
        return std::move(encoded).error();
    }
  }

 private:
  struct Feed {
    FilterGraph graph;
    Encoder encoder;
    int stream = 0;
    MediaTime due = 0;
  };

  Status add(FilterGraph graph, Encoder encoder) {
    AVStream* stream = avformat_new_stream(context_.get(), nullptr);
    if (!stream) return Error{Errc::internal, "out of memory"};
    if (Status described = encoder.describe(*stream); !described) return described;
    feeds_.push_back({std::move(graph), std::move(encoder), stream->index, 0});
    return {};
  }

  const TestPatternOptions& options_;
  SourceHost& host_;
  OutputContext context_;  // only to describe the streams
  std::vector<Feed> feeds_;
  std::optional<PacketTimes> times_;
};

Error TestPattern::run(SourceHost& host) {
  Drawing drawing(options_, host);
  if (Status opened = drawing.open(); !opened) return std::move(opened).error();
  return drawing.give();
}

}  // namespace lectern::media
