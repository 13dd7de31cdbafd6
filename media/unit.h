#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "media/ffmpeg/handles.h"
#include "protocol/base/bytes.h"

namespace lectern::media {

/// Microseconds from the start of a piece of media (npt 0) on; packets before it have negative times.
using MediaTime = std::int64_t;

/// What a codec needs before its first unit, as the container stores it (extradata).
using Configuration = std::shared_ptr<const ByteVector>;

/// One access unit as FFmpeg gives it, with times that are never missing.
struct Unit {
  Packet packet;
  std::uint8_t track = 0;  ///< index into Asset::tracks()
  bool random_access = false;
  bool pts_guessed = false;  ///< the container stores none: pts is dts until the picture order is known
  MediaTime dts = 0;         ///< never falls within a track
  MediaTime pts = 0;
  std::int64_t pts_ticks = 0;   ///< pts in ticks of the track's RTP clock, exact where the time base allows
  MediaTime duration = 0;       ///< 0 where unknown
  Configuration configuration;  ///< nullptr for the one that the track was announced with
};

using Units = std::vector<Unit>;

}  // namespace lectern::media
