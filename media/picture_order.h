#pragma once

#include <span>

#include "media/unit.h"

struct AVStream;

namespace lectern::media {

/// Finds presentation times for units whose container stores none although pictures are reordered (raw H.264
/// and H.265, AVI with B-frames, MPEG program streams): the picture order count of each picture, ranked
/// within its coded video sequence, on top of the sequence's first dts; by the types of pictures where the
/// codec counts none. `goes_on`: the units end in the middle of a sequence. `units` are one track's, in
/// decoding order; only those with pts_guessed change.
void order_pictures(std::span<Unit* const> units, const AVStream& stream, std::uint32_t clock_rate,
                    bool goes_on);

}  // namespace lectern::media
