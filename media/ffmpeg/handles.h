#pragma once

#include <memory>

struct AVBSFContext;
struct AVCodecContext;
struct AVCodecParameters;
struct AVFormatContext;
struct AVFrame;
struct AVIOContext;
struct AVPacket;

namespace lectern::media {

/// Frees what FFmpeg allocated, with everything that hangs on it.
struct FfmpegDelete {
  void operator()(AVBSFContext* filter) const;
  void operator()(AVCodecContext* codec) const;
  void operator()(AVCodecParameters* parameters) const;
  void operator()(AVFrame* frame) const;
  void operator()(AVIOContext* io) const;  ///< of avio_alloc_context, with its buffer
  void operator()(AVPacket* packet) const;
};
struct InputDelete {
  void operator()(AVFormatContext* context) const;
};
struct OutputDelete {
  void operator()(AVFormatContext* context) const;  ///< not its pb, which has an owner of its own
};

using BitstreamFilter = std::unique_ptr<AVBSFContext, FfmpegDelete>;
using CodecContext = std::unique_ptr<AVCodecContext, FfmpegDelete>;
using CodecParameters = std::unique_ptr<AVCodecParameters, FfmpegDelete>;
using Frame = std::unique_ptr<AVFrame, FfmpegDelete>;
using InputContext = std::unique_ptr<AVFormatContext, InputDelete>;
using IoContext = std::unique_ptr<AVIOContext, FfmpegDelete>;
using OutputContext = std::unique_ptr<AVFormatContext, OutputDelete>;
using Packet = std::unique_ptr<AVPacket, FfmpegDelete>;

}  // namespace lectern::media
