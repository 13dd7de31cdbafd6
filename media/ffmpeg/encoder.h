#pragma once

#include <functional>
#include <string>

#include "media/ffmpeg/handles.h"
#include "protocol/base/result.h"

struct AVFilterContext;
struct AVStream;

namespace lectern::media {

/// A libavcodec encoder at low latency: what goes in comes out at once.
class Encoder {
 public:
  struct VideoOptions {
    unsigned bit_rate = 2'000'000;  ///< bits a second
    unsigned key_interval = 50;     ///< frames from one random access point to the next
  };
  /// H.264 by libx264 of what a filter graph gives. Errc::unsupported where FFmpeg was built without it.
  static Result<Encoder> h264(const AVFilterContext& input, const VideoOptions& options);
  /// The same in the format of an AVCodecID. Errc::unsupported where FFmpeg has no encoder for it.
  static Result<Encoder> video(int codec, const AVFilterContext& input, const VideoOptions& options);
  /// "aac" or "libopus".
  static Result<Encoder> audio(const std::string& codec, const AVFilterContext& input, unsigned bit_rate);

  using Take = std::function<void(Packet)>;
  /// Gives what is ready, with times in the input's time base.
  Status encode(AVFrame& frame, const Take& take);
  /// Gives what the encoder still holds; nothing can be encoded after that.
  Status finish(const Take& take);
  /// What an AVStream of it says.
  Status describe(AVStream& stream) const;
  /// Samples that a frame of audio must have; 0: any.
  [[nodiscard]] int frame_size() const;

 private:
  Status drain(const Take& take);

  CodecContext codec_;
};

}  // namespace lectern::media
