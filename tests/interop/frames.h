#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/interop/interop_media.h"

namespace lectern::test {

/// One picture, packet of sound or run of samples, as ffmpeg's framemd5 lists it.
struct Frame {
  double pts = 0;  ///< seconds
  std::string hash;
};

struct Frames {
  std::vector<std::vector<Frame>> tracks;
  std::vector<double> tick;                 ///< seconds of each track's clock
  std::vector<std::vector<Frame>> packets;  ///< of a stream: all tracks as they came, not decoded
  std::string samples;                      ///< all sound as s16 bytes, where it is compared by samples
  std::string said;                         ///< ffmpeg's words
  std::string error;                        ///< the same, where it failed
};

/// What ffmpeg reads of `input` (a file or a URL), `options` before it, `limits` behind.
Frames read_frames(const std::string& options, const std::string& limits, const std::string& input,
                   const MediaCase& media, std::chrono::seconds at_most);

/// The packets that ffmpeg receives, all tracks, none decoded.
Frames read_packets(const std::string& options, const std::string& limits, const std::string& url,
                    std::chrono::seconds at_most);

/// How the packets of one stream differ from those of another, hashes and times.
std::string difference_of_packets(const Frames& one, const Frames& other);

/// How what was received differs from the file, track for track; empty where nothing does.
std::string difference(const Frames& file, const Frames& received, const MediaCase& media);

}  // namespace lectern::test
