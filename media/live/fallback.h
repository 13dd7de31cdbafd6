#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "media/live/source.h"

namespace lectern::media {

/// What viewers are to see while a source is away.
struct FallbackWanted {
  int codec = 0;                   ///< AVCodecID that they were told of; 0: any
  unsigned width = 0, height = 0;  ///< of the source's pictures; 0 where unknown
  std::int64_t since_us = 0;       ///< when it went away, microseconds since the Unix epoch
};

/// The sources to take in its place, the first one that works.
using Fallback = std::function<std::vector<std::unique_ptr<Source>>(const FallbackWanted&)>;

/// A card that says since when the camera is away.
Fallback card_fallback();
/// The video of a file in a loop; a card, where it is of another format than viewers were told of.
Fallback file_fallback(std::string path);

}  // namespace lectern::media
