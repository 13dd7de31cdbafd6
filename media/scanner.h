#pragma once

#include <chrono>
#include <memory>

#include "media/segment_index.h"
#include "media/timestamps.h"

namespace lectern::media {

/// Reads through a file whose container brings no index, and finds the boundaries of its segments. Works in
/// slices, so that a long file neither holds up its first viewer nor occupies a worker.
class Scanner {
 public:
  Scanner(std::unique_ptr<Demuxer> demuxer, const TrackSelection& selection);
  /// Reads on for `budget` at most and adds what it found; true once the file is through (index.complete()).
  bool step(std::chrono::milliseconds budget, SegmentIndex& index);

 private:
  void take(const Unit& unit, SegmentIndex& index);

  std::unique_ptr<Demuxer> demuxer_;
  std::size_t anchor_;
  Timestamps times_;
  BoundaryPlanner planner_;
  std::optional<MediaTime> anchor_at_, others_at_;  // the newest dts of the anchor, and of all others
  std::optional<MediaTime> first_cut_;
  MediaTime end_ = 0;
  std::shared_ptr<const ConfigurationChanges> changes_;
};

}  // namespace lectern::media
