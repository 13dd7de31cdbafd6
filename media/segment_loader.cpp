#include "media/segment_loader.h"

#include <algorithm>
#include <limits>
#include <utility>

extern "C" {
#include <libavformat/avformat.h>
}

#include "media/picture_order.h"

namespace lectern::media {
namespace {

/// A unit without dts this far behind a boundary shows that a seek went past it.
constexpr MediaTime clearly_past = 1'500'000;
/// What is held of later segments while waiting for a lagging track.
constexpr std::size_t max_pending = 16384;
constexpr std::size_t max_pending_bytes = 64 * 1024 * 1024;
/// What a segment holds at most. Those of an undamaged file are far below.
constexpr std::size_t most_units = 65536;
constexpr std::size_t most_bytes = 64 * 1024 * 1024;

}  // namespace

SegmentLoader::SegmentLoader(std::unique_ptr<Demuxer> demuxer, const TrackSelection& selection)
    : demuxer_(std::move(demuxer)), selection_(selection), times_(*demuxer_, selection.tracks) {
  file_ = demuxer_->shared_file();
}

Result<Unit> SegmentLoader::next_unit() {
  while (true) {
    Packet packet(av_packet_alloc());
    if (!packet) return Error{Errc::internal, "out of memory"};
    if (Status read = demuxer_->read(*packet); !read) return std::move(read).error();
    auto unit = times_.unit_of(std::move(packet));
    if (!unit) continue;
    configurations_.apply(*unit, changes_.get());
    return *std::move(unit);
  }
}

SegmentLoader::Found SegmentLoader::compare(const Unit& unit, const Boundary& boundary) const {
  const AVPacket& packet = *unit.packet;
  const auto order = [](std::int64_t have, std::int64_t want) {
    return have == want ? Found::match : have < want ? Found::before : Found::passed;
  };
  // In MPEG streams that were joined the same times come twice, so there the position decides.
  if (demuxer_->seeks_by_byte() && (demuxer_->untimed() || packet.pos != boundary.position))
    return order(packet.pos, boundary.position);
  // After a seek libavformat may not know the dts of the first units; their pts it does.
  if (boundary.pts != no_timestamp && packet.pts == boundary.pts) return Found::match;
  if (boundary.dts != no_timestamp && packet.dts != AV_NOPTS_VALUE) {
    const Found found = order(packet.dts, boundary.dts);
    // A damaged time was mended by its neighbours.
    return found == Found::passed && unit.dts < boundary.cut ? Found::before : found;
  }
  return unit.dts > boundary.cut + clearly_past ? Found::passed : Found::before;
}

Status SegmentLoader::reopen() {
  // The demuxer at hand stays where this fails, for the next load.
  auto demuxer = Demuxer::open(file_);
  if (!demuxer) return Error{Errc::io, std::move(demuxer).error().message};
  if (Status applied = apply_selection(**demuxer, selection_); !applied) return applied;
  demuxer_ = *std::move(demuxer);
  const auto jumps = times_.jumps();
  times_ = Timestamps(*demuxer_, selection_.tracks);
  times_.set_jumps(jumps);
  configurations_.restart();
  return {};
}

Status SegmentLoader::seek(const SegmentRange& range) {
  const Boundary& boundary = range.begin;
  const std::size_t k = range.k;
  const auto stream_of = [&](const Boundary& b) { return selection_.tracks[b.track].stream; };
  if (demuxer_->untimed()) {
    if (Status sought = demuxer_->seek_byte(boundary.position); !sought) return sought;
    times_.restart(boundary.dts);
    return {};
  }
  if (k == 0 || (!range.early && !demuxer_->is_mov())) return reopen();
  times_.restart(0);
  if (demuxer_->is_mov()) return demuxer_->seek_time(stream_of(boundary), boundary.dts, true);
  const Boundary& early = *range.early;
  if (demuxer_->seeks_by_byte()) return demuxer_->seek_byte(early.position);
  return demuxer_->seek_time(stream_of(early), early.pts != no_timestamp ? early.pts : early.dts, false);
}

Status SegmentLoader::skip_to(const SegmentRange& range) {
  const Boundary& boundary = range.begin;
  std::size_t bytes = 0;
  while (true) {
    auto unit = next_unit();
    if (!unit) return std::move(unit).error();
    const bool begins = unit->track == boundary.track;
    if (range.k == 0) {  // takes in everything before its boundary
      bytes += static_cast<std::size_t>(unit->packet->size);
      pending_.push_back(*std::move(unit));
      const Found found = begins ? compare(pending_.back(), boundary) : Found::before;
      if (found == Found::match) return {};
      if (found == Found::passed || pending_.size() > max_pending || bytes > max_pending_bytes)
        return Error{Errc::io, file_->path() + ": a seek led past the beginning"};
      continue;
    }
    if (!begins) {
      if (unit->dts >= boundary.cut) {
        bytes += static_cast<std::size_t>(unit->packet->size);
        pending_.push_back(*std::move(unit));
      }
      if (pending_.size() > max_pending || bytes > max_pending_bytes)
        return Error{Errc::io, file_->path() + ": the anchor track is missing"};
      continue;
    }
    switch (compare(*unit, boundary)) {
      case Found::before:
        continue;
      case Found::passed:
        return Error{Errc::io, file_->path() + ": a seek led past its target"};
      case Found::match:
        unit->dts = boundary.cut;
        sought_ = true;
        pending_.push_back(*std::move(unit));
        return {};
    }
  }
}

Status SegmentLoader::go_to(const SegmentRange& range) {
  const std::size_t k = range.k;
  const bool here = at_known_ && at_ == k;
  if (here && !pending_.empty()) return {};
  pending_.clear();
  sought_ = false;
  at_known_ = false;
  at_ = k;
  const bool untouched = here && k == 0;
  if ((untouched || seek(range).ok()) && skip_to(range).ok()) {
    at_known_ = true;
    return {};
  }
  pending_.clear();
  if (Status reopened = reopen(); !reopened) return reopened;
  if (Status skipped = skip_to(range); !skipped) return skipped;
  at_known_ = true;
  return {};
}

Result<SegmentUnits> SegmentLoader::load(const SegmentRange& range) {
  times_.set_jumps(range.jumps);
  changes_ = range.changes;
  if (Status there = go_to(range); !there) return std::move(there).error();
  const Boundary* next = range.next ? &*range.next : nullptr;
  SegmentUnits result;
  std::deque<Unit> held;
  std::size_t held_bytes = 0, bytes = 0;
  std::vector<bool> done(selection_.tracks.size(), false);
  std::size_t left = next ? done.size() : std::numeric_limits<std::size_t>::max();
  // After a seek a lagging track first gives what belongs to earlier segments.
  std::vector<bool> reached(selection_.tracks.size(), !sought_);
  sought_ = false;
  bool first = true;

  const auto belongs = [&](const Unit& unit) {
    if (done[unit.track]) return false;
    if (!next) return true;
    if (unit.track != next->track) return unit.dts < next->cut;
    // The unit that the segment begins with is not compared: its dts may be that of the next boundary.
    if (unit.track == range.begin.track && std::exchange(first, false)) return true;
    return compare(unit, *next) == Found::before;
  };
  const auto sort_in = [&](Unit unit) {
    reached[unit.track] =
        reached[unit.track] || unit.track == range.begin.track || unit.dts >= range.begin.cut;
    if (!reached[unit.track]) return;
    if (belongs(unit)) {
      bytes += static_cast<std::size_t>(unit.packet->size);
      result.units.push_back(std::move(unit));
      return;
    }
    if (!done[unit.track]) {
      done[unit.track] = true;
      --left;
      if (unit.track == next->track) unit.dts = next->cut;
    }
    held_bytes += static_cast<std::size_t>(unit.packet->size);
    held.push_back(std::move(unit));
  };

  std::deque<Unit> before;
  before.swap(pending_);
  for (Unit& unit : before) sort_in(std::move(unit));
  bool full = false;
  while (left > 0 && !full) {
    auto unit = next_unit();
    if (!unit) {
      result.truncated = next ? !done[next->track] : file_->truncated();
      if (unit.error().code != Errc::end) {
        result.truncated = true;
        result.failure = unit.error().message;
      }
      break;
    }
    const bool far_ahead = next && unit->dts > next->cut + range.lag;
    sort_in(*std::move(unit));
    if (far_ahead && done[next->track]) break;
    if (held.size() > max_pending || held_bytes > max_pending_bytes) break;
    full = result.units.size() >= most_units || bytes >= most_bytes;
  }
  if (full) result.failure = "too much in one place, the rest of it is left out";
  pending_ = std::move(held);
  at_ = range.k + 1;
  at_known_ = !result.truncated && !full && !pending_.empty();
  order(result.units, range.next && !range.next->random_access);
  return result;
}

Result<SegmentUnits> SegmentLoader::load_random_access_point(const SegmentRange& range) {
  times_.set_jumps(range.jumps);
  changes_ = range.changes;
  if (Status there = go_to(range); !there) return std::move(there).error();
  SegmentUnits result;
  const bool begins = range.begin.track == selection_.anchor;
  const auto take = [&](Unit& unit) {
    if (unit.track != selection_.anchor || !(begins || unit.random_access)) return false;
    result.units.push_back(std::move(unit));
    return true;
  };
  bool found = std::any_of(pending_.begin(), pending_.end(), take);
  for (std::size_t i = 0; !found && range.begin.holds_random_access && i < max_pending; ++i) {
    auto unit = next_unit();
    if (!unit) break;
    found = unit->dts >= range.begin.cut && take(*unit);
  }
  pending_.clear();
  at_known_ = false;
  order(result.units, true);
  return result;
}

void SegmentLoader::order(Units& units, bool goes_on) const {
  for (std::size_t track = 0; track < selection_.tracks.size(); ++track) {
    std::vector<Unit*> of_track;
    for (Unit& unit : units)
      if (unit.track == track) of_track.push_back(&unit);
    if (of_track.empty()) continue;
    const Track& described = selection_.tracks[track];
    order_pictures(of_track, demuxer_->stream(described.stream), described.format.clock_rate, goes_on);
  }
}

}  // namespace lectern::media
