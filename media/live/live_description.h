#pragma once

#include <memory>
#include <string>
#include <vector>

#include "media/live/shared_streams.h"
#include "media/track.h"

namespace lectern::media {

/// What a live source sends, as its viewers are told. Immutable; another one takes its place when the source
/// comes back with something else.
struct LiveDescription {
  std::vector<Track> tracks;
  std::vector<LeftOut> left_out;
  std::size_t anchor = 0;  ///< the track whose random access points readers begin with
  std::string title;
  std::uint64_t id = 0;       ///< of the Live: the same for all its descriptions
  std::uint64_t version = 0;  ///< another one in each description that differs
  /// The streams that all viewers share; nullptr where each has a key of its own. Another one only with
  /// another generation.
  std::shared_ptr<const SharedStreams> shared;
  std::uint32_t generation = 0;  ///< of those that differ so much that a viewer has to begin anew
};

/// Whether who was told `before` can go on with what `after` tells: the same tracks in the same formats.
/// Video may change its parameter sets, which it carries in band, and with them its resolution.
bool goes_on_with(const std::vector<Track>& before, const std::vector<Track>& after);

}  // namespace lectern::media
