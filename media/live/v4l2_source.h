#pragma once

#include <chrono>
#include <string>

#include "media/live/source.h"

namespace lectern::media {

struct V4l2Options {
  std::string device = "/dev/video0";
  unsigned width = 1280, height = 720;
  unsigned rate = 25;             ///< frames a second
  unsigned bit_rate = 2'000'000;  ///< where Lectern encodes, bits a second
  double key_seconds = 2;         ///< and from one random access point to the next
  /// What the camera is asked for: "h264", "mjpeg", or "raw"; empty: the first of these that it has.
  std::string format;
  std::chrono::milliseconds read_timeout{10'000};  ///< without a picture for so long it is taken for dead
};

/// A camera at this machine, by Video4Linux. H.264 and Motion JPEG are passed through; raw pictures are
/// encoded by libx264 at low latency.
class V4l2Source final : public Source {
 public:
  explicit V4l2Source(V4l2Options options) : options_(std::move(options)) {}

  Error run(SourceHost& host) override;
  [[nodiscard]] std::string name() const override { return options_.device; }

 private:
  class Capture;

  const V4l2Options options_;
};

}  // namespace lectern::media
