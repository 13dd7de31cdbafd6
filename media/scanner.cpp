#include "media/scanner.h"

#include <algorithm>

extern "C" {
#include <libavcodec/packet.h>
}

namespace lectern::media {

Scanner::Scanner(std::unique_ptr<Demuxer> demuxer, const TrackSelection& selection)
    : demuxer_(std::move(demuxer)),
      anchor_(selection.anchor),
      times_(*demuxer_, selection.tracks),
      planner_(demuxer_->untimed() && selection.tracks[selection.anchor].video()) {
  if (demuxer_->seeks_by_byte() && !demuxer_->untimed()) times_.find_jumps();
}

void Scanner::take(const Unit& unit, SegmentIndex& index) {
  // A damaged pts is no end of the file.
  constexpr MediaTime longest_delay = 3'000'000;
  end_ = std::max(end_, std::min(unit.pts, unit.dts + longest_delay) + unit.duration);
  const auto size = static_cast<std::size_t>(unit.packet->size);
  const bool anchor = unit.track == anchor_;
  if (anchor) {
    anchor_at_ = unit.dts;
    if (others_at_) index.note_lead(*others_at_ - unit.dts);
  } else {
    others_at_ = std::max(others_at_.value_or(unit.dts), unit.dts);
    if (anchor_at_) index.note_lag(*anchor_at_ - unit.dts);
  }
  // What has no position of its own (it shares a PES packet with the unit before) is not found again.
  if (demuxer_->seeks_by_byte() && unit.packet->pos < 0) return planner_.count(size);
  const bool begins = anchor ? planner_.begins_segment(unit.dts, unit.random_access, size)
                             : planner_.begins_in_pause(unit.dts, size);
  if (begins && !first_cut_) first_cut_ = unit.dts;
  if (begins)
    index.add({unit.packet->dts, unit.packet->pts, unit.packet->pos, unit.dts, anchor && unit.random_access,
               unit.track});
  else if (anchor && unit.random_access)
    index.note_point(std::max(unit.dts, first_cut_.value_or(unit.dts)));
}

bool Scanner::step(std::chrono::milliseconds budget, SegmentIndex& index) {
  const auto deadline = std::chrono::steady_clock::now() + budget;
  while (std::chrono::steady_clock::now() < deadline) {
    for (int i = 0; i < 64; ++i) {
      Packet packet(av_packet_alloc());
      if (!packet || !demuxer_->read(*packet)) {
        // An error in the middle is the end of what can be played.
        index.set_jumps(times_.jumps());
        index.set_changes(changes_);
        index.finish(end_);
        return true;
      }
      if (const auto unit = times_.unit_of(std::move(packet))) {
        Configurations::note(*unit, changes_);
        take(*unit, index);
      }
    }
  }
  index.set_jumps(times_.jumps());
  index.set_changes(changes_);
  return false;
}

}  // namespace lectern::media
