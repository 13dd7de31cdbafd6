#include "media/time_jumps.h"

#include <cstdlib>

namespace lectern::media {
namespace {

/// Longer than a gap that is worth waiting for.
constexpr MediaTime forwards = 10'000'000;
constexpr MediaTime backwards = 2'000'000;
/// Tracks may be so far apart where they are joined.
constexpr MediaTime apart = 3'000'000;

}  // namespace

MediaTime offset_at(const TimeJumps& jumps, std::uint8_t track, std::int64_t position) {
  for (auto jump = jumps.rbegin(); jump != jumps.rend(); ++jump)
    if (jump->track == track && jump->position <= position) return jump->offset;
  return 0;
}

bool jumps_between(MediaTime expected, MediaTime found) {
  return found > expected + forwards || found < expected - backwards;
}

bool together(MediaTime one, MediaTime other) {
  return std::abs(one - other) < apart;
}

MediaTime jump_offset(const TimeJumps& jumps, MediaTime expected, MediaTime found) {
  const MediaTime own = expected - found;
  if (!jumps.empty() && together(jumps.back().offset, own)) return jumps.back().offset;
  return own;
}

}  // namespace lectern::media
