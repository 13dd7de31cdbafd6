#pragma once

#include <string>

#include "media/live/source.h"

namespace lectern::media {

struct TestPatternOptions {
  unsigned width = 1280, height = 720;
  unsigned rate = 25;             ///< frames a second
  unsigned bit_rate = 2'000'000;  ///< of the picture, bits a second
  bool opus = false;              ///< instead of AAC
  bool sound = true;
  double key_seconds = 2;  ///< from one random access point to the next
};

/// A moving picture with the wall-clock time in it, to a millisecond, and a tone that beeps each
/// second: to try the server without a camera, and to see the delay on the way to the screen. Where FFmpeg
/// finds no font the time is left out.
class TestPattern final : public Source {
 public:
  explicit TestPattern(TestPatternOptions options) : options_(options) {}

  Error run(SourceHost& host) override;
  [[nodiscard]] std::string name() const override { return "the test pattern"; }

 private:
  class Drawing;

  const TestPatternOptions options_;
};

}  // namespace lectern::media
