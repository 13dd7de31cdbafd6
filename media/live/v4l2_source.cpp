#include "media/live/v4l2_source.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>

extern "C" {
#include <libavdevice/avdevice.h>
#include <libavformat/avformat.h>
#include <libavutil/time.h>
}

#include "media/ffmpeg/error.h"
#include "media/ffmpeg/options.h"
#include "media/ffmpeg/picture_encoder.h"
#include "media/live/packet_times.h"

namespace lectern::media {
namespace {

constexpr std::array<const char*, 3> formats{"h264", "mjpeg", "raw"};

const AVInputFormat* video4linux() {
  static std::once_flag once;
  std::call_once(once, avdevice_register_all);
  return av_find_input_format("v4l2");
}

}  // namespace

/// One opening of the camera.
class V4l2Source::Capture {
 public:
  Capture(const V4l2Options& options, SourceHost& host) : options_(options), host_(host) {}

  Status open() {
    const AVInputFormat* format = video4linux();
    if (!format) return unsupported("this FFmpeg was built without Video4Linux");
    if (!options_.format.empty()) return open_as(*format, options_.format);
    Status opened = unsupported(options_.device);
    for (const char* each : formats)
      if (opened = open_as(*format, each); opened || opened.error().code != Errc::invalid) break;
    return opened;
  }

  Error give() {
    if (Status described = describe(); !described) return std::move(described).error();
    while (!host_.stopping()) {
      Packet packet(av_packet_alloc());
      if (!packet) return {Errc::internal, "out of memory"};
      if (Status read = this->read(*packet); !read) return std::move(read).error();
      if (!encoder_) {
        take(std::move(packet));
      } else if (Status encoded = encoder_->encode(*packet, [&](Packet made) { take(std::move(made)); });
                 !encoded) {
        return std::move(encoded).error();
      }
    }
    return {Errc::end, "stopped"};
  }

 private:
  Status open_as(const AVInputFormat& format, const std::string& wanted) {
    Options options;
    options.set("video_size", std::to_string(options_.width) + "x" + std::to_string(options_.height));
    options.set("framerate", std::to_string(options_.rate));
    // By the clock on the wall, so that the time of capture is known.
    options.set("timestamps", "abs");
    if (wanted != "raw") options.set("input_format", wanted);
    AVFormatContext* context = avformat_alloc_context();
    if (!context) return Error{Errc::internal, "out of memory"};
    // A camera that gives nothing must not block for ever.
    context->flags |= AVFMT_FLAG_NONBLOCK;
    int code = avformat_open_input(&context, options_.device.c_str(), &format, options.get());
    if (code < 0) return av_error(code, options_.device + " as " + wanted);
    input_.reset(context);
    return {};
  }

  Status read(AVPacket& packet) {
    constexpr std::int64_t nap_us = 2'000;
    const std::int64_t deadline =
        av_gettime_relative() +
        std::chrono::duration_cast<std::chrono::microseconds>(options_.read_timeout).count();
    while (true) {
      const int code = av_read_frame(input_.get(), &packet);
      if (code >= 0) return {};
      if (code != AVERROR(EAGAIN)) return av_error(code, options_.device);
      if (av_gettime_relative() > deadline)
        return Error{Errc::io, options_.device + ": gives no pictures; is another program using it?"};
      if (!host_.sleep_until(av_gettime_relative() + nap_us)) return Error{Errc::end, "stopped"};
    }
  }

  Status describe() {
    AVFormatContext* context = input_.get();
    AVStream& stream = *context->streams[0];
    const AVCodecID codec = stream.codecpar->codec_id;
    if (codec != AV_CODEC_ID_H264 && codec != AV_CODEC_ID_MJPEG) {
      const auto interval =
          static_cast<unsigned>(std::max(1.0, std::round(options_.key_seconds * options_.rate)));
      auto encoder = PictureEncoder::create(stream, {options_.bit_rate, interval});
      if (!encoder) return std::move(encoder).error();
      encoder_ = *std::move(encoder);
      encoded_.reset(avformat_alloc_context());
      AVStream* made = encoded_ ? avformat_new_stream(encoded_.get(), nullptr) : nullptr;
      if (!made) return Error{Errc::internal, "out of memory"};
      if (Status described = encoder_->describe(*made); !described) return described;
      context = encoded_.get();
    } else if (const int code = find_parameters(); code < 0) {
      return av_error(code, options_.device);
    }
    auto selection = select_tracks(*context, options_.device, host_.max_payload());
    if (!selection) return std::move(selection).error();
    times_.emplace(*context, *selection);
    host_.begin(*std::move(selection), {});
    return {};
  }

  /// Reads pictures until the parameter sets are known; they are given later.
  int find_parameters() {
    input_->flags &= ~AVFMT_FLAG_NONBLOCK;
    const int code = avformat_find_stream_info(input_.get(), nullptr);
    input_->flags |= AVFMT_FLAG_NONBLOCK;
    return code;
  }

  void take(Packet packet) {
    packet->stream_index = 0;
    auto unit = times_->unit_of(std::move(packet), av_gettime());
    if (!unit) return;
    const std::int64_t captured_us = unit->pts;
    host_.take({*std::move(unit), captured_us});
  }

  const V4l2Options& options_;
  SourceHost& host_;
  InputContext input_;
  OutputContext encoded_;  // only to describe what is encoded
  std::optional<PictureEncoder> encoder_;
  std::optional<PacketTimes> times_;
};

Error V4l2Source::run(SourceHost& host) {
  Capture capture(options_, host);
  if (Status opened = capture.open(); !opened) return std::move(opened).error();
  return capture.give();
}

}  // namespace lectern::media
