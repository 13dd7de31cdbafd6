#include "media/live/live_cursor.h"

#include <algorithm>
#include <utility>

#include "media/live/live.h"

namespace lectern::media {

LiveCursor::LiveCursor(std::shared_ptr<LiveFeed> feed, std::shared_ptr<const LiveDescription> told,
                       LiveJoin join, std::function<void()> wake)
    : feed_(std::move(feed)), told_(std::move(told)), join_(join), wake_(std::move(wake)) {
  last_start_.first_ticks.resize(told_->tracks.size());
  feed_->add(*this);
}

LiveCursor::~LiveCursor() {
  feed_->remove(*this);
}

void LiveCursor::start(const ReadRequest& request, Started started) {
  request_ = request;
  started_ = std::move(started);
  // Of a shared stream no packet is sent twice to a viewer, who would take it for a replay.
  const std::uint64_t unread = told_->shared && reading_ ? number_ + (next_train_ > 0 ? 1 : 0) : 0;
  if (piece_) read_through_.push_back(std::move(piece_));
  piece_.reset();
  state_ = State::waiting;
  reading_ = joining_ = true;
  resting_ = behind_ = false;
  join_from_ = join_ == LiveJoin::next_point ? feed_->next() : unread;
  find_point();
}

void LiveCursor::find_point() {
  const auto point = feed_->newest_point(join_from_);
  const auto* piece = point ? feed_->find(*point) : nullptr;
  if (piece && (*piece)->generation > told_->generation) return fail_changed();
  // One of before what the viewer was told: this loop has not seen the newest yet.
  if (!piece || (*piece)->generation < told_->generation) {
    state_ = feed_->closed() ? State::ended : State::waiting;
    if (state_ == State::ended && started_)
      std::exchange(started_, nullptr)(Error{Errc::end, "the live media was closed"});
    return;
  }
  begin_with(*point);
  joining_ = false;
  if (std::exchange(behind_, false)) count_lag(**piece);
  const Started started = std::exchange(started_, nullptr);
  go_on();
  if (!started) return;
  if (state_ == State::failed)
    started(failure_);
  else
    started(start_from_here());
}

void LiveCursor::begin_at(std::uint64_t point) {
  number_ = point;
  next_train_ = 0;
  entries_.assign(told_->tracks.size(), {});
  position_ = (*feed_->find(point))->segment->trains().front().pts;
}

void LiveCursor::begin_with(std::uint64_t newest) {
  const std::uint64_t least = std::max(join_from_, feed_->joinable());
  for (std::uint64_t number = newest + 1; number-- > least;) {
    if (!(*feed_->find(number))->random_access) continue;
    begin_at(number);
    if (told_rocs_hold()) return told_rocs_.clear();
  }
  // The viewer's session decides what to do with one that cannot be helped.
  begin_at(newest);
  told_rocs_.clear();
}

bool LiveCursor::told_rocs_hold() const {
  if (told_rocs_.empty()) return true;
  const auto starts = shared_start();
  for (std::size_t track = 0; track < std::min(starts.size(), told_rocs_.size()); ++track)
    if ((request_.tracks >> track & 1) && starts[track] && roc_of(starts[track]->index) != told_rocs_[track])
      return false;
  return true;
}

void LiveCursor::count_lag(const LivePiece& resumed) {
  lag_.packets += resumed.packets_before - std::min(resumed.packets_before, packets_read_);
  lag_.time += std::max<MediaTime>(0, resumed.arrived - read_until_);
  lag_.last = resumed.arrived;
}

void LiveCursor::fed() {
  if (!reading_ || resting_ || state_ != State::waiting) return;
  const bool starting = static_cast<bool>(started_);
  if (joining_)
    find_point();
  else
    go_on();
  if (!starting && state_ != State::waiting) wake_();
}

bool LiveCursor::admits(const Train& train, std::vector<Entry>& entries) const {
  if (train.track >= entries.size() || !(request_.tracks >> train.track & 1)) return false;
  Entry& entry = entries[train.track];
  if (!told_->tracks[train.track].video()) {
    entry.begun = entry.begun || train.pts + train.duration / 2 >= position_;
    return entry.begun;
  }
  if (train.random_access && train.unit_start) {
    if (entry.begun) entry.leading = false;
    entry.begun = true;
  }
  return entry.begun && (!entry.leading || train.pts >= position_ || train.track != told_->anchor);
}

void LiveCursor::skip_unwanted() {
  const std::vector<Train>& trains = piece_->segment->trains();
  while (next_train_ < trains.size() && !admits(trains[next_train_], entries_)) ++next_train_;
}

bool LiveCursor::enter(const std::shared_ptr<const LivePiece>& piece) {
  next_train_ = 0;
  piece_ = piece;
  packets_read_ = piece->packets_before;
  skip_unwanted();
  if (next_train_ < piece->segment->trains().size()) return true;
  piece_.reset();
  ++number_;
  return false;
}

void LiveCursor::fail_changed() {
  state_ = State::failed;
  const auto now = feed_->live()->description();
  failure_ = {Errc::io, now && goes_on_with(told_->tracks, now->tracks)
                            ? "the live media has other keys now; ask for its description again"
                            : "the source came back with other formats; ask for its description again"};
  if (started_) std::exchange(started_, nullptr)(failure_);
}

void LiveCursor::go_on() {
  while (true) {
    if (number_ < feed_->oldest()) return fall_behind();
    const auto* piece = feed_->find(number_);
    if (!piece) {
      state_ = feed_->closed() ? State::ended : State::waiting;
      return;
    }
    if ((*piece)->generation != told_->generation) return fail_changed();
    if (enter(*piece)) {
      state_ = State::ready;
      return;
    }
  }
}

void LiveCursor::fall_behind() {
  ++lag_.times;
  joining_ = behind_ = true;
  join_from_ = number_;
  next_train_ = 0;
  find_point();
}

void LiveCursor::advance() {
  const Train& read = train();
  read_until_ = piece_->arrived;
  last_start_.position = read.pts + read.duration;
  last_start_.due = read.due + read.duration;
  // What comes next is not there yet, and of what came before nothing holds any more.
  std::ranges::fill(last_start_.first_ticks, std::nullopt);
  ++next_train_;
  skip_unwanted();
  if (next_train_ < piece_->segment->trains().size()) return;
  packets_read_ = piece_->packets_before;
  for (const Train& each : piece_->segment->trains()) packets_read_ += each.count;
  read_through_.push_back(std::move(piece_));
  piece_.reset();
  ++number_;
  next_train_ = 0;
  go_on();
}

template <typename Visitor>
void LiveCursor::visit_ahead(Visitor&& visit) const {
  auto entries = entries_;
  for (std::uint64_t number = number_; const auto* piece = feed_->find(number); ++number) {
    const Segment& segment = *(*piece)->segment;
    for (std::size_t i = number == number_ ? next_train_ : 0; i < segment.trains().size(); ++i) {
      const Train& each = segment.trains()[i];
      // The very next was admitted already.
      if (!(number == number_ && i == next_train_) && !admits(each, entries)) continue;
      if (each.count > 0) visit(**piece, each);
    }
  }
}

ReadStart LiveCursor::start_from_here() const {
  ReadStart start{position_, position_, std::vector<std::optional<std::int64_t>>(entries_.size())};
  bool first = true;
  visit_ahead([&](const LivePiece& piece, const Train& train) {
    if (std::exchange(first, false)) start.due = train.due;
    auto& ticks = start.first_ticks[train.track];
    if (!ticks) ticks = train.pts_ticks + piece.segment->packets(train).front().time_offset;
  });
  return start;
}

std::vector<std::optional<SharedStart>> LiveCursor::shared_start() const {
  std::vector<std::optional<SharedStart>> starts(told_->shared ? told_->tracks.size() : 0);
  visit_ahead([&](const LivePiece& piece, const Train& train) {
    if (!piece.shared || train.track >= starts.size() || starts[train.track]) return;
    const SealedPacket& packet = piece.segment->packets(train).front();
    starts[train.track] = {piece.shared->first_index() + train.first,
                           piece.shared->timestamp() + static_cast<std::uint32_t>(packet.time_offset)};
  });
  return starts;
}

ReadStart LiveCursor::here() {
  if (state_ != State::ready) return last_start_;
  ReadStart start = start_from_here();
  start.position = std::max<MediaTime>(0, train().pts);
  start.due = train().due;
  return start;
}

void LiveCursor::rest() {
  if (!reading_ || started_) return;
  last_start_ = here();
  resting_ = true;
  if (state_ == State::ready) state_ = State::waiting;
  if (piece_) read_through_.push_back(std::move(piece_));
  piece_.reset();
}

bool LiveCursor::at_present() const {
  return !joining_ && number_ >= feed_->oldest() && !feed_->newest_point(number_ + 1);
}

const LivePiece& LiveCursor::newest_piece() const {
  const auto* newest = feed_->find(feed_->next() - 1);
  return newest ? **newest : *piece_;
}

bool LiveCursor::extend(std::optional<MediaTime>) {
  if (!reading_ || started_) return false;
  if (!std::exchange(resting_, false)) return state_ == State::ready || state_ == State::waiting;
  if (state_ == State::failed || state_ == State::ended) return false;
  if (joining_) {
    find_point();
  } else if (const auto* piece = feed_->find(number_);
             piece && next_train_ > 0 && (*piece)->generation == told_->generation) {
    // In the middle of a unit.
    piece_ = *piece;
    state_ = State::ready;
  } else {
    go_on();
  }
  return state_ == State::ready || state_ == State::waiting;
}

}  // namespace lectern::media
