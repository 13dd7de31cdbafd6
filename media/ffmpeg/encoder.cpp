#include "media/ffmpeg/encoder.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/buffersink.h>
#include <libavformat/avformat.h>
}

#include "media/ffmpeg/error.h"
#include "media/ffmpeg/options.h"

namespace lectern::media {
namespace {

Result<CodecContext> context_of(const std::string& name) {
  const AVCodec* codec = avcodec_find_encoder_by_name(name.c_str());
  if (!codec) return unsupported("this FFmpeg has no encoder " + name);
  CodecContext context(avcodec_alloc_context3(codec));
  if (!context) return Error{Errc::internal, "out of memory"};
  // Parameter sets belong into the description.
  context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  return context;
}

struct VideoEncoder {
  AVCodecID codec;
  const char* name;
  std::vector<std::pair<const char*, const char*>> options;  // of low latency, on one thread
};

const std::array<VideoEncoder, 6>& video_encoders() {
  static const std::array<VideoEncoder, 6> all{{
      {AV_CODEC_ID_H264,
       "libx264",
       {{"preset", "ultrafast"}, {"tune", "zerolatency"}, {"profile", "baseline"}}},
      // It has a log of its own, on stderr.
      {AV_CODEC_ID_HEVC,
       "libx265",
       {{"preset", "ultrafast"},
        {"tune", "zerolatency"},
        {"x265-params", "log-level=none:pools=none:frame-threads=1:open-gop=0:scenecut=0"}}},
      {AV_CODEC_ID_MJPEG, "mjpeg", {{"huffman", "default"}}},
      {AV_CODEC_ID_VP8, "libvpx", {{"deadline", "realtime"}, {"cpu-used", "8"}, {"lag-in-frames", "0"}}},
      {AV_CODEC_ID_VP9, "libvpx-vp9", {{"deadline", "realtime"}, {"cpu-used", "8"}, {"lag-in-frames", "0"}}},
      {AV_CODEC_ID_AV1, "libaom-av1", {{"usage", "realtime"}, {"cpu-used", "8"}, {"lag-in-frames", "0"}}},
  }};
  return all;
}

}  // namespace

Result<Encoder> Encoder::h264(const AVFilterContext& input, const VideoOptions& options) {
  return video(AV_CODEC_ID_H264, input, options);
}

Result<Encoder> Encoder::video(int wanted, const AVFilterContext& input, const VideoOptions& options) {
  const auto known =
      std::ranges::find(video_encoders(), static_cast<AVCodecID>(wanted), &VideoEncoder::codec);
  if (known == video_encoders().end())
    return unsupported(std::string("there is no encoder for ") +
                       avcodec_get_name(static_cast<AVCodecID>(wanted)));
  auto context = context_of(known->name);
  if (!context) return std::move(context).error();
  AVCodecContext& codec = **context;
  codec.width = av_buffersink_get_w(&input);
  codec.height = av_buffersink_get_h(&input);
  codec.pix_fmt = static_cast<AVPixelFormat>(av_buffersink_get_format(&input));
  codec.sample_aspect_ratio = av_buffersink_get_sample_aspect_ratio(&input);
  codec.time_base = av_buffersink_get_time_base(&input);
  codec.framerate = av_buffersink_get_frame_rate(&input);
  codec.bit_rate = options.bit_rate;
  codec.rc_max_rate = options.bit_rate;
  codec.rc_buffer_size = static_cast<int>(options.bit_rate);
  codec.gop_size = static_cast<int>(options.key_interval);
  codec.keyint_min = codec.gop_size;
  codec.max_b_frames = 0;
  codec.thread_count = 1;
  Options private_options;
  for (const auto& [key, value] : known->options) private_options.set(key, value);
  const int code = avcodec_open2(&codec, nullptr, private_options.get());
  if (code < 0) return av_error(code, known->name);
  Encoder made;
  made.codec_ = *std::move(context);
  return made;
}

Result<Encoder> Encoder::audio(const std::string& name, const AVFilterContext& input, unsigned bit_rate) {
  auto context = context_of(name);
  if (!context) return std::move(context).error();
  AVCodecContext& codec = **context;
  codec.sample_fmt = static_cast<AVSampleFormat>(av_buffersink_get_format(&input));
  codec.sample_rate = av_buffersink_get_sample_rate(&input);
  if (av_buffersink_get_ch_layout(&input, &codec.ch_layout) < 0)
    return Error{Errc::internal, "out of memory"};
  codec.time_base = av_buffersink_get_time_base(&input);
  codec.bit_rate = bit_rate;
  const int code = avcodec_open2(&codec, nullptr, nullptr);
  if (code < 0) return av_error(code, name);
  Encoder made;
  made.codec_ = *std::move(context);
  return made;
}

Status Encoder::encode(AVFrame& frame, const Take& take) {
  // The encoder decides what is a key frame, not where the picture came from.
  frame.pict_type = AV_PICTURE_TYPE_NONE;
  if (const int code = avcodec_send_frame(codec_.get(), &frame); code < 0)
    return av_error(code, codec_->codec->name);
  return drain(take);
}

Status Encoder::finish(const Take& take) {
  if (const int code = avcodec_send_frame(codec_.get(), nullptr); code < 0)
    return av_error(code, codec_->codec->name);
  return drain(take);
}

Status Encoder::drain(const Take& take) {
  while (true) {
    Packet packet(av_packet_alloc());
    if (!packet) return Error{Errc::internal, "out of memory"};
    const int code = avcodec_receive_packet(codec_.get(), packet.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return {};
    if (code < 0) return av_error(code, codec_->codec->name);
    take(std::move(packet));
  }
}

Status Encoder::describe(AVStream& stream) const {
  const int code = avcodec_parameters_from_context(stream.codecpar, codec_.get());
  if (code < 0) return av_error(code, codec_->codec->name);
  stream.time_base = codec_->time_base;
  stream.avg_frame_rate = codec_->framerate;
  return {};
}

int Encoder::frame_size() const {
  return codec_->frame_size;
}

}  // namespace lectern::media
