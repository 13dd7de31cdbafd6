#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "media/configurations.h"
#include "media/demuxer.h"
#include "media/time_jumps.h"
#include "media/track.h"
#include "media/unit.h"

namespace lectern::media {

inline constexpr std::int64_t no_timestamp = std::numeric_limits<std::int64_t>::min();  // AV_NOPTS_VALUE

/// Where a segment begins: a unit of the anchor track (of another one while the anchor pauses), named by
/// whatever finds it again in the file.
struct Boundary {
  std::int64_t dts = no_timestamp;  ///< in the track's time base, as the demuxer gives it
  std::int64_t pts = no_timestamp;
  std::int64_t position = -1;  ///< in the file, in bytes
  MediaTime cut = 0;           ///< units of other tracks from this dts on belong to the segment
  bool random_access = true;
  std::uint8_t track = 0;
  /// Another track cut before the demuxer gave a picture that belongs behind the cut.
  bool holds_random_access = false;

  /// A segment to go to: somewhere in it decoding can begin.
  [[nodiscard]] bool has_point() const { return random_access || holds_random_access; }
};

/// What a loader needs to know of segment k.
struct SegmentRange {
  std::size_t k = 0;
  /// From there on in the file all tracks' units of the segment are found; absent: from the start of the
  /// file.
  std::optional<Boundary> early;
  Boundary begin;
  std::optional<Boundary> next;  ///< absent for the last segment
  MediaTime lag = 0;             ///< how far tracks may be apart in the file
  std::shared_ptr<const TimeJumps> jumps;
  std::shared_ptr<const ConfigurationChanges> changes;
};

/// The boundaries of a file's segments. Segment k reaches from boundary k to boundary k + 1; the first takes
/// in everything before it, the last everything after. Grows while a file is scanned.
class SegmentIndex {
 public:
  void add(Boundary boundary) { boundaries_.push_back(boundary); }
  /// A random access point that begins no segment; `dts` may lie in any that was added.
  void note_point(MediaTime dts);
  /// No more boundaries come; `end` is where the last unit ends.
  void finish(MediaTime end);

  /// A unit of another track stands behind one of the anchor in the file, `lag` later than it should.
  void note_lag(MediaTime lag) { lag_ = std::max(lag_, lag); }
  /// The same the other way round.
  void note_lead(MediaTime lead) { lead_ = std::max(lead_, lead); }
  void set_jumps(std::shared_ptr<const TimeJumps> jumps) { jumps_ = std::move(jumps); }
  void set_changes(std::shared_ptr<const ConfigurationChanges> changes) { changes_ = std::move(changes); }
  /// Takes over what `more`, the index of the next piece of the file, knows; its end is not taken. All or,
  /// where there is no memory for it, nothing.
  void append(const SegmentIndex& more);

  [[nodiscard]] bool complete() const { return end_.has_value(); }
  [[nodiscard]] std::optional<MediaTime> end() const { return end_; }
  [[nodiscard]] std::size_t size() const { return boundaries_.size(); }
  [[nodiscard]] const Boundary& at(std::size_t i) const { return boundaries_[i]; }
  /// Both ends of segment k are known, and enough behind it that what is known of them is final.
  [[nodiscard]] bool knows(std::size_t k) const;
  [[nodiscard]] SegmentRange range(std::size_t k) const;
  /// The index reaches beyond `time`, so that find() will not change.
  [[nodiscard]] bool covers(MediaTime time) const;
  /// The last segment that begins at or before `time` and has a random access point; the first where none
  /// has. The index must not be empty.
  [[nodiscard]] std::size_t find(MediaTime time) const;

 private:
  std::vector<Boundary> boundaries_;
  std::vector<MediaTime> points_;  // before the first boundary here: those of a piece of the file
  MediaTime lag_ = 0, lead_ = 0;
  std::shared_ptr<const TimeJumps> jumps_;
  std::shared_ptr<const ConfigurationChanges> changes_;
  std::optional<MediaTime> end_;
};

/// Decides where segments begin: at the first random access point a second after the last boundary, and at
/// any unit once a segment has grown long or large (screen recordings can have one key frame an hour, and
/// under a still picture only the sound goes on). Behind such a forced boundary the next random access point
/// begins a segment however soon it comes: only in segments that begin with one is another found.
class BoundaryPlanner {
 public:
  /// `prefer_random_access`: a cut in between costs exact times (untimed video, whose pictures are ordered
  /// within their sequence), so it is made much later.
  explicit BoundaryPlanner(bool prefer_random_access) : prefer_random_access_(prefer_random_access) {}
  /// Counts a unit that is read, of any track; true where `unit` (of the anchor) begins a segment.
  bool begins_segment(MediaTime dts, bool random_access, std::size_t bytes);
  /// Counts what cannot begin a segment.
  void count(std::size_t bytes);
  /// The same as begins_segment() for a unit of another track: true where the anchor has paused for long, or
  /// while the others grew very large.
  bool begins_in_pause(MediaTime dts, std::size_t bytes);
  /// So much of the others came since the anchor's last unit that one of them must cut.
  [[nodiscard]] bool overfull() const;

 private:
  void begin(MediaTime dts, bool random_access);
  void add(std::size_t bytes);

  bool prefer_random_access_;
  std::optional<MediaTime> last_;
  bool last_random_access_ = true;
  std::optional<MediaTime> waiting_since_;  // for a first unit of the anchor
  std::size_t bytes_ = 0;                   // with what each unit costs besides its own
  std::size_t since_anchor_ = 0;
};

/// The index that the container brings along (MP4 and MOV with a sample table); nullopt where it is missing
/// or does not cover the file, which must then be scanned.
std::optional<SegmentIndex> container_index(const Demuxer& demuxer, const TrackSelection& selection);

}  // namespace lectern::media
