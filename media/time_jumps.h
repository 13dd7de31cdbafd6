#pragma once

#include <cstdint>
#include <vector>

#include "media/unit.h"

namespace lectern::media {

/// From `position` in the file on, `offset` is added to the times of a track: MPEG streams that were joined
/// (two recordings in one file, a sender that was restarted) begin to count anew in the middle.
struct TimeJump {
  std::int64_t position = 0;  ///< bytes
  std::uint8_t track = 0;
  MediaTime offset = 0;
};

/// In the order of the file.
using TimeJumps = std::vector<TimeJump>;

/// What is added to times of `track` at `position`.
MediaTime offset_at(const TimeJumps& jumps, std::uint8_t track, std::int64_t position);
/// Whether `found` is too far from the time `expected` of a track's next unit to be waited for.
bool jumps_between(MediaTime expected, MediaTime found);
/// Whether two tracks at these times are in step.
bool together(MediaTime one, MediaTime other);
/// The offset that brings `found` to `expected`, or the newest of the other tracks' where that is about the
/// same, so that picture and sound stay together.
MediaTime jump_offset(const TimeJumps& jumps, MediaTime expected, MediaTime found);

}  // namespace lectern::media
