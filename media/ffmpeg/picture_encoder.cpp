#include "media/ffmpeg/picture_encoder.h"

#include <algorithm>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include "media/ffmpeg/error.h"

namespace lectern::media {

Result<PictureEncoder> PictureEncoder::create(const AVStream& input, const Encoder::VideoOptions& options) {
  const AVCodecParameters& parameters = *input.codecpar;
  const std::string name = avcodec_get_name(parameters.codec_id);
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  if (!codec) return unsupported("this FFmpeg has no decoder for " + name);
  PictureEncoder made;
  made.decoder_.reset(avcodec_alloc_context3(codec));
  made.frame_.reset(av_frame_alloc());
  if (!made.decoder_ || !made.frame_) return Error{Errc::internal, "out of memory"};
  int code = avcodec_parameters_to_context(made.decoder_.get(), &parameters);
  made.decoder_->thread_count = 1;
  if (code >= 0) code = avcodec_open2(made.decoder_.get(), codec, nullptr);
  if (code < 0) return av_error(code, name);

  const AVRational rate = input.avg_frame_rate.num > 0 ? input.avg_frame_rate : input.r_frame_rate;
  const auto ratio = [](AVRational of) { return std::to_string(of.num) + "/" + std::to_string(of.den); };
  std::string described =
      "video_size=" + std::to_string(parameters.width) + "x" + std::to_string(parameters.height) +
      ":pix_fmt=" + std::to_string(parameters.format) + ":time_base=" + ratio(input.time_base);
  if (rate.num > 0 && rate.den > 0) described += ":frame_rate=" + ratio(rate);
  auto graph = FilterGraph::video_filter(described, "format=yuv420p");
  if (!graph) return std::move(graph).error();
  auto encoder = Encoder::h264(graph->output(), options);
  if (!encoder) return std::move(encoder).error();
  made.graph_ = *std::move(graph);
  made.encoder_ = *std::move(encoder);
  return made;
}

Status PictureEncoder::encode(const AVPacket& packet, const Encoder::Take& take) {
  if (avcodec_send_packet(decoder_.get(), &packet) < 0) return {};
  while (avcodec_receive_frame(decoder_.get(), frame_.get()) >= 0) {
    frame_->pts = frame_->best_effort_timestamp;
    if (Status fed = graph_->feed(*frame_); !fed) return fed;
    while (true) {
      auto frame = graph_->next();
      if (!frame && frame.error().code == Errc::end) break;
      if (!frame) return std::move(frame).error();
      if (Status encoded = encoder_->encode(**frame, take); !encoded) return encoded;
    }
  }
  return {};
}

}  // namespace lectern::media
