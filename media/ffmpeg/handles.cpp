#include "media/ffmpeg/handles.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
}

namespace lectern::media {

void FfmpegDelete::operator()(AVBSFContext* filter) const {
  av_bsf_free(&filter);
}
void FfmpegDelete::operator()(AVCodecContext* codec) const {
  avcodec_free_context(&codec);
}
void FfmpegDelete::operator()(AVCodecParameters* parameters) const {
  avcodec_parameters_free(&parameters);
}
void FfmpegDelete::operator()(AVFrame* frame) const {
  av_frame_free(&frame);
}
void FfmpegDelete::operator()(AVIOContext* io) const {
  // libavformat may have replaced the buffer it was given.
  if (io) av_freep(&io->buffer);
  avio_context_free(&io);
}
void FfmpegDelete::operator()(AVPacket* packet) const {
  av_packet_free(&packet);
}
void InputDelete::operator()(AVFormatContext* context) const {
  avformat_close_input(&context);
}
void OutputDelete::operator()(AVFormatContext* context) const {
  avformat_free_context(context);
}

}  // namespace lectern::media
