#include "media/ffmpeg/encoder.h"

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

}  // namespace

Result<Encoder> Encoder::h264(const AVFilterContext& input, const VideoOptions& options) {
  auto context = context_of("libx264");
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
  private_options.set("preset", "ultrafast");
  private_options.set("tune", "zerolatency");
  private_options.set("profile", "baseline");
  const int code = avcodec_open2(&codec, nullptr, private_options.get());
  if (code < 0) return av_error(code, "libx264");
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
  int code = avcodec_send_frame(codec_.get(), &frame);
  if (code < 0) return av_error(code, codec_->codec->name);
  while (true) {
    Packet packet(av_packet_alloc());
    if (!packet) return Error{Errc::internal, "out of memory"};
    code = avcodec_receive_packet(codec_.get(), packet.get());
    if (code == AVERROR(EAGAIN)) return {};
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
