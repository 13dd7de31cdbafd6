#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "media/live/source.h"

namespace lectern::media {

struct CardOptions {
  int codec = 0;  ///< AVCodecID; 0: H.264
  unsigned width = 1280, height = 720;
  std::string text;  ///< one line: letters, digits, blanks and colons
};

/// A still picture with a line of text, in place of a camera that is away. It is encoded once, and given
/// again and again at a low rate, a random access point every two seconds. Where FFmpeg finds no font the
/// text is left out.
class Card final : public Source {
 public:
  explicit Card(CardOptions options) : options_(std::move(options)) {}

  /// Errc::unsupported where FFmpeg has no encoder for the format.
  Error run(SourceHost& host) override;
  [[nodiscard]] std::string name() const override { return "the card"; }

 private:
  const CardOptions options_;
};

/// "camera away since 12:34", with the day where that is long ago; both in microseconds since the Unix epoch.
std::string away_since(std::int64_t since_us, std::int64_t now_us);

}  // namespace lectern::media
