#pragma once

#include <deque>
#include <memory>

#include "media/segment_index.h"
#include "media/timestamps.h"
#include "media/unit.h"

namespace lectern::media {

/// The units of one segment, as read from the file.
struct SegmentUnits {
  Units units;             ///< each track in decoding order
  bool truncated = false;  ///< the file ended or failed before the segment did
  std::string failure;     ///< why, where it was an error and not the plain end, or what was left out
};

/// Reads the units of segments from a file, any segment at any time; one after the other costs no seek. What
/// a seek finds is checked against the index; where a container seeks badly the file is read from its
/// beginning, which is slow and always right. Used by one thread at a time.
class SegmentLoader {
 public:
  /// `demuxer` was just opened; `selection` outlives the loader.
  SegmentLoader(std::unique_ptr<Demuxer> demuxer, const TrackSelection& selection);

  Result<SegmentUnits> load(const SegmentRange& range);
  /// Only the unit of the anchor that the segment begins with: for playing fast and backwards.
  Result<SegmentUnits> load_random_access_point(const SegmentRange& range);

 private:
  enum class Found { match, passed, before };

  Status go_to(const SegmentRange& range);
  Status seek(const SegmentRange& range);
  Status reopen();
  Status skip_to(const SegmentRange& range);
  Result<Unit> next_unit();
  [[nodiscard]] Found compare(const Unit& unit, const Boundary& boundary) const;
  /// `goes_on`: the next segment begins in the middle of a sequence of pictures.
  void order(Units& units, bool goes_on) const;

  std::shared_ptr<const File> file_;
  std::unique_ptr<Demuxer> demuxer_;
  const TrackSelection& selection_;
  Timestamps times_;
  Configurations configurations_;
  std::shared_ptr<const ConfigurationChanges> changes_;
  std::size_t at_ = 0;  ///< the segment that reading on gives
  bool at_known_ = true;
  bool sought_ = false;       ///< pending_ was found by a seek and not by reading on
  std::deque<Unit> pending_;  ///< read already, belongs to segment at_ or later
};

}  // namespace lectern::media
