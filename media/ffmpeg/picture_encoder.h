#pragma once

#include <optional>

#include "media/ffmpeg/encoder.h"
#include "media/ffmpeg/filter_graph.h"

struct AVStream;

namespace lectern::media {

/// Makes H.264 of the packets of a stream of another format, such as raw pictures.
class PictureEncoder {
 public:
  /// Of a stream with known size, rate and format. Errc::unsupported where FFmpeg cannot decode it, or has no
  /// libx264.
  static Result<PictureEncoder> create(const AVStream& input, const Encoder::VideoOptions& options);

  /// Gives packets with times in the time base of the input. A packet that does not decode is left out.
  Status encode(const AVPacket& packet, const Encoder::Take& take);
  /// What an AVStream of it says.
  Status describe(AVStream& stream) const { return encoder_->describe(stream); }

 private:
  CodecContext decoder_;
  std::optional<FilterGraph> graph_;
  std::optional<Encoder> encoder_;
  Frame frame_;
};

}  // namespace lectern::media
