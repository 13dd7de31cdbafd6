#include "media/segment_index.h"

#include <algorithm>

extern "C" {
#include <libavformat/avformat.h>
}

#include "media/timestamps.h"

namespace lectern::media {
namespace {

constexpr MediaTime shortest_segment = 1'000'000;
constexpr MediaTime longest_segment = 2'000'000;
constexpr std::size_t largest_segment = 4 * 1024 * 1024;
/// What a unit costs in memory besides its bytes: a file can hold millions of tiny ones.
constexpr std::size_t unit_overhead = 512;
/// So much longer and larger a segment may be where only a random access point is a good place to cut.
constexpr int patience = 8;
/// So long may the anchor be silent before another track cuts.
constexpr MediaTime longest_pause = 10'000'000;
/// How far a track may lag behind the anchor unseen (MPEG-TS muxers write audio up to a second late).
constexpr MediaTime usual_lag = 1'500'000;

/// Counts what stands between the anchor's frames, in order of dts, from the indexes of all other tracks.
class OtherTracks {
 public:
  OtherTracks(const Demuxer& demuxer, const TrackSelection& selection, const Timestamps& times)
      : times_(times) {
    for (std::size_t i = 0; i < selection.tracks.size(); ++i) {
      if (i == selection.anchor) continue;
      auto* stream = const_cast<AVStream*>(&demuxer.stream(selection.tracks[i].stream));
      tracks_.push_back({i, stream, avformat_index_get_entries_count(stream)});
    }
  }

  void count_until(MediaTime dts, BoundaryPlanner& planner) {
    for (Place& place : tracks_) {
      for (; place.next < place.entries; ++place.next) {
        const AVIndexEntry& entry = *avformat_index_get_entry(place.stream, place.next);
        if (times_.media_time(place.track, entry.timestamp) >= dts) break;
        planner.count(static_cast<std::size_t>(std::max(0, static_cast<int>(entry.size))));
      }
    }
  }

 private:
  struct Place {
    std::size_t track;
    AVStream* stream;
    int entries;
    int next = 0;
  };
  const Timestamps& times_;
  std::vector<Place> tracks_;
};

/// The anchor's frames reach from the beginning to the end without a long pause: else other tracks cut too,
/// which only a scan does.
bool has_long_pause(const Demuxer& demuxer, MediaTime before, MediaTime after) {
  return demuxer.context().nb_streams > 1 && after - before >= longest_pause;
}

}  // namespace

void SegmentIndex::finish(MediaTime end) {
  end_ = end;
}

bool SegmentIndex::knows(std::size_t k) const {
  return k + 2 < boundaries_.size() || (complete() && k < boundaries_.size());
}

SegmentRange SegmentIndex::range(std::size_t k) const {
  SegmentRange range{
      k,      std::nullopt, boundaries_[k], std::nullopt, std::max(usual_lag, lag_ + usual_lag / 2),
      jumps_, changes_};
  if (k + 1 < boundaries_.size()) range.next = boundaries_[k + 1];
  if (range.begin.holds_random_access) range.lag = std::max(range.lag, lead_ + usual_lag / 2);
  // Where a track runs ahead of the anchor, what belongs here stands before the boundary. The first boundary
  // has no such place before it.
  for (std::size_t early = k; early-- > 1;) {
    const Boundary& boundary = boundaries_[early];
    if (boundary.cut + lead_ > range.begin.cut || boundary.track != boundaries_[0].track) continue;
    range.early = boundary;
    break;
  }
  return range;
}

void SegmentIndex::note_point(MediaTime dts) {
  const auto after = std::upper_bound(boundaries_.begin(), boundaries_.end(), dts,
                                      [](MediaTime t, const Boundary& boundary) { return t < boundary.cut; });
  if (after == boundaries_.begin())
    points_.push_back(dts);
  else
    std::prev(after)->holds_random_access = true;
}

void SegmentIndex::append(const SegmentIndex& more) {
  points_.reserve(points_.size() + more.points_.size());
  boundaries_.insert(boundaries_.end(), more.boundaries_.begin(), more.boundaries_.end());
  lag_ = std::max(lag_, more.lag_);
  lead_ = std::max(lead_, more.lead_);
  if (more.jumps_) jumps_ = more.jumps_;
  if (more.changes_) changes_ = more.changes_;
  for (const MediaTime point : more.points_) note_point(point);
}

bool SegmentIndex::covers(MediaTime time) const {
  return complete() || (!boundaries_.empty() && boundaries_.back().cut > time);
}

std::size_t SegmentIndex::find(MediaTime time) const {
  const auto after = std::upper_bound(boundaries_.begin(), boundaries_.end(), time,
                                      [](MediaTime t, const Boundary& boundary) { return t < boundary.cut; });
  for (auto it = after; it != boundaries_.begin();)
    if ((--it)->has_point()) return static_cast<std::size_t>(it - boundaries_.begin());
  return 0;
}

void BoundaryPlanner::add(std::size_t bytes) {
  bytes_ += bytes + unit_overhead;
}

void BoundaryPlanner::count(std::size_t bytes) {
  add(bytes);
  since_anchor_ += bytes + unit_overhead;
}

void BoundaryPlanner::begin(MediaTime dts, bool random_access) {
  last_ = dts;
  last_random_access_ = random_access;
  bytes_ = since_anchor_ = 0;
}

bool BoundaryPlanner::begins_segment(MediaTime dts, bool random_access, std::size_t bytes) {
  const MediaTime length = last_ ? dts - *last_ : 0;
  const int times = prefer_random_access_ && !random_access ? patience : 1;
  const bool full =
      length >= longest_segment * times || bytes_ >= largest_segment * static_cast<unsigned>(times);
  const bool good = random_access && (length >= shortest_segment || !last_random_access_);
  // Late behind another track's cut: segments are in order.
  const bool late = last_ && length < 0;
  const bool begins = !last_ || (!late && (full || good));
  if (begins) begin(dts, random_access);
  add(bytes);
  since_anchor_ = 0;
  return begins;
}

bool BoundaryPlanner::begins_in_pause(MediaTime dts, std::size_t bytes) {
  if (!last_ && !waiting_since_) waiting_since_ = dts;
  const bool begins = overfull() || dts - last_.value_or(waiting_since_.value_or(dts)) >= longest_pause;
  if (begins) begin(dts, false);
  count(bytes);
  return begins;
}

bool BoundaryPlanner::overfull() const {
  return since_anchor_ >= 2 * largest_segment;
}

std::optional<SegmentIndex> container_index(const Demuxer& demuxer, const TrackSelection& selection) {
  const Track& anchor = selection.tracks[selection.anchor];
  // libavformat fills the index in without changing what a reader sees.
  auto* stream = const_cast<AVStream*>(&demuxer.stream(anchor.stream));
  const int entries = avformat_index_get_entries_count(stream);
  if (!demuxer.is_mov() || stream->nb_frames <= 0 || entries <= 0) return std::nullopt;

  const Timestamps times(demuxer, selection.tracks);
  SegmentIndex index;
  BoundaryPlanner planner(false);
  OtherTracks others(demuxer, selection, times);
  MediaTime last = 0;
  for (int i = 0; i < entries; ++i) {
    const AVIndexEntry& entry = *avformat_index_get_entry(stream, i);
    const MediaTime dts = times.media_time(selection.anchor, entry.timestamp);
    if (i > 0 && (dts < last || has_long_pause(demuxer, last, dts))) return std::nullopt;
    last = dts;
    if (entry.size <= 0) continue;  // nothing to send, so nothing to begin with
    if (i > 0) others.count_until(dts, planner);
    if (planner.overfull()) return std::nullopt;
    const bool random_access = entry.flags & AVINDEX_KEYFRAME;
    if (planner.begins_segment(dts, random_access, static_cast<std::size_t>(entry.size)))
      index.add({entry.timestamp, no_timestamp, entry.pos, dts, random_access,
                 static_cast<std::uint8_t>(selection.anchor)});
  }
  // A table that stops early belongs to a file that goes on in fragments.
  constexpr MediaTime slack = 5'000'000;
  const MediaTime duration = std::max<std::int64_t>(0, demuxer.context().duration);
  if (anchor.video() && stream->duration > 0 &&
      times.media_time(selection.anchor, stream->duration) - last > slack)
    return std::nullopt;
  if (has_long_pause(demuxer, last, duration)) return std::nullopt;
  others.count_until(std::numeric_limits<MediaTime>::max(), planner);
  if (planner.overfull() || index.size() == 0) return std::nullopt;
  index.finish(std::max(duration, last));
  return index;
}

}  // namespace lectern::media
