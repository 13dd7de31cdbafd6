#include "media/file_cursor.h"

#include <algorithm>

extern "C" {
#include <libavutil/mathematics.h>
}

namespace lectern::media {

FileCursor::FileCursor(std::shared_ptr<Asset> asset, Post post, std::function<void()> wake)
    : asset_(std::move(asset)), post_(std::move(post)), wake_(std::move(wake)) {}

void FileCursor::start(const ReadRequest& request, Started started) {
  ++generation_;
  request_ = request;
  started_ = std::move(started);
  state_ = State::waiting;
  ahead_.reset();
  prefetching_ = beginning_ = resting_ = taking_up_ = false;
  if (segment_) read_through_.push_back(std::move(segment_));
  segment_.reset();
  entries_.assign(asset_->tracks().size(), {});
  find(std::max<MediaTime>(0, request.from));
}

template <typename Work>
void FileCursor::go_on_with(Work&& work) {
  try {
    work();
  } catch (const std::exception&) {
    set_failed({Errc::busy, "out of memory"});
    if (started_)
      std::exchange(started_, nullptr)(failure_);
    else
      wake_();
  }
}

void FileCursor::find(MediaTime time) {
  asset_->find_segment(time,
                       [post = post_, weak = weak_from_this(), generation = generation_](std::size_t k) {
                         post([weak, generation, k] {
                           const auto self = weak.lock();
                           if (self && self->generation_ == generation)
                             self->go_on_with([&] { self->located(k); });
                         });
                       });
}

void FileCursor::load(std::size_t k, std::function<void(Result<std::shared_ptr<const Segment>>)> done) {
  asset_->load(k, request_.random_access_points_only,
               [post = post_, weak = weak_from_this(), generation = generation_,
                done = std::move(done)](Result<std::shared_ptr<const Segment>> result) {
                 post([weak, generation, done, result = std::move(result)] {
                   const auto self = weak.lock();
                   if (self && self->generation_ == generation) self->go_on_with([&] { done(result); });
                 });
               });
}

void FileCursor::located(std::size_t k) {
  // Before the first random access point there is nothing to show alone.
  if (request_.random_access_points_only && !asset_->boundary(k).has_point()) {
    const std::size_t count = asset_->segment_count();
    std::size_t first = k;
    while (first < count && !asset_->boundary(first).has_point()) ++first;
    if (first < count)
      k = first;
    else if (!asset_->indexed())
      return find(asset_->boundary(count - 1).cut);
  }
  k_ = k;
  if (auto segment = asset_->cached(k, request_.random_access_points_only)) return enter(std::move(segment));
  load(k, [this](Result<std::shared_ptr<const Segment>> segment) {
    if (segment) return enter(*std::move(segment));
    set_failed(segment.error());
    if (started_) std::exchange(started_, nullptr)(std::move(segment).error());
  });
}

void FileCursor::enter(std::shared_ptr<const Segment> segment) {
  const std::vector<Train>& trains = segment->trains();
  std::optional<std::size_t> point;
  for (std::size_t i = 0; i < trains.size(); ++i) {
    const Train& train = trains[i];
    if (train.track == asset_->anchor() && train.unit_start && train.random_access &&
        (train.pts <= request_.from || request_.random_access_points_only))
      point = i;
  }
  // The index knows the dts of a random access point; where its pts is behind the asked time the one before
  // is it.
  if (!point && k_ > 0) {
    if (const auto before = random_access_point_before(asset_->boundary(k_).cut)) return located(*before);
  }
  segment_ = std::move(segment);
  // From the very beginning everything is sent, also what stands before the first random access point.
  const auto before_point = trains.begin() + static_cast<std::ptrdiff_t>(point.value_or(0));
  const bool first_point = std::none_of(trains.begin(), before_point,
                                        [&](const Train& train) { return train.track == asset_->anchor(); });
  from_beginning_ = k_ == 0 && !request_.random_access_points_only && (first_point || request_.from <= 0);
  begin_at(from_beginning_ ? 0 : point.value_or(0));
}

void FileCursor::begin_at(std::size_t train) {
  next_ = train;
  asked_ahead_ = true;
  const std::vector<Train>& trains = segment_->trains();
  position_ = 0;
  if (!from_beginning_ && next_ < trains.size()) position_ = trains[next_].pts;
  skip_unwanted();
  prefetch();
  // Who starts is told where each track begins, be it in the next segment.
  beginning_ = started_ && prefetching_ && !names_all_tracks(start_from(next_));
  if (!beginning_) begin();
}

void FileCursor::begin() {
  beginning_ = false;
  state_ = State::ready;
  const ReadStart start = start_from(next_);
  last_start_ = {start.position, start.due,
                 std::vector<std::optional<std::int64_t>>(start.first_ticks.size())};
  if (next_ >= segment_->trains().size()) go_on();
  if (!started_) return;
  // Where there is no memory for it, it is still to be told, see go_on_with().
  const Result<ReadStart> told(start);
  std::exchange(started_, nullptr)(told);
}

bool FileCursor::admits(const Train& train, std::vector<Entry>& entries) const {
  if (train.track >= entries.size() || !(request_.tracks >> train.track & 1)) return false;
  if (from_beginning_) return true;
  Entry& entry = entries[train.track];
  if (!asset_->tracks()[train.track].video()) {
    entry.begun = entry.begun || train.pts + train.duration / 2 >= position_;
    return entry.begun;
  }
  if (train.random_access && train.unit_start) {
    if (entry.begun) entry.leading = false;
    entry.begun = true;
  }
  return entry.begun && (!entry.leading || train.pts >= position_);
}

void FileCursor::skip_unwanted() {
  while (segment_ && next_ < segment_->trains().size() && !admits(segment_->trains()[next_], entries_))
    ++next_;
}

ReadStart FileCursor::start_from(std::size_t train) const {
  ReadStart start{position_, position_, std::vector<std::optional<std::int64_t>>(asset_->tracks().size())};
  auto entries = entries_;
  bool first = true;
  const auto look_through = [&](const Segment& segment, std::size_t from) {
    for (std::size_t i = from; i < segment.trains().size(); ++i) {
      const Train& each = segment.trains()[i];
      // The very next was admitted already.
      const bool next = &segment == segment_.get() && i == train;
      if (!next && !admits(each, entries)) continue;
      if (std::exchange(first, false)) start.due = each.due;
      auto& ticks = start.first_ticks[each.track];
      if (!ticks && each.count > 0) ticks = each.pts_ticks + segment.packets(each).front().time_offset;
    }
  };
  look_through(*segment_, train);
  if (names_all_tracks(start) || request_.random_access_points_only) return start;
  // Loaded on a worker, it may not have come to this loop yet.
  if (const auto ahead = ahead_ ? ahead_ : asset_->cached(k_ + 1, false)) look_through(*ahead, 0);
  return start;
}

bool FileCursor::names_all_tracks(const ReadStart& start) const {
  for (std::size_t track = 0; track < start.first_ticks.size(); ++track)
    if (request_.tracks >> track & 1 && !start.first_ticks[track]) return false;
  return true;
}

ReadStart FileCursor::here() {
  if (state() != State::ready) return last_start_;
  ReadStart start = start_from(next_);
  // Units wait in decoding order: the position is the earliest time still to come.
  start.position = train().pts;
  for (std::size_t i = next_; i < segment_->trains().size() && i < next_ + 16; ++i)
    if (request_.tracks >> segment_->trains()[i].track & 1)
      start.position = std::min(start.position, segment_->trains()[i].pts);
  start.position = std::max<MediaTime>(0, start.position);
  return start;
}

Cursor::State FileCursor::state() {
  if (state_ == State::ready && !beginning_ && request_.to && at_limit()) state_ = State::ended;
  return state_;
}

bool FileCursor::at_limit() const {
  const std::vector<Train>& trains = segment_->trains();
  const MediaTime to = *request_.to;
  if (request_.backwards) return trains[next_].due < to;
  if (trains[next_].due < to) return false;
  // A unit that has begun is read to its end, also where its later trains are due behind the limit.
  constexpr MediaTime longest_spread = 1'000'000;
  TrackMask begun_anew = 0;
  for (std::size_t i = next_; i < trains.size() && trains[i].due < to + longest_spread; ++i) {
    const TrackMask track = TrackMask{1} << trains[i].track;
    if (trains[i].unit_start)
      begun_anew |= track;
    else if (request_.tracks & track & ~begun_anew)
      return false;
  }
  return true;
}

void FileCursor::rest() {
  if (taking_up_) {
    ++generation_;
    taking_up_ = false;
    resting_ = true;
  }
  if (!segment_ || started_) return;
  last_start_ = here();
  rest_left_ = next_ < segment_->trains().size();
  if (state_ == State::ready) state_ = State::waiting;
  resting_ = true;
  ++generation_;
  prefetching_ = false;
  ahead_.reset();
  read_through_.push_back(std::move(segment_));
  segment_.reset();
}

void FileCursor::take_up(std::shared_ptr<const Segment> segment) {
  taking_up_ = false;
  segment_ = std::move(segment);
  last_start_.first_ticks.assign(asset_->tracks().size(), std::nullopt);
  state_ = State::ready;
  if (next_ >= segment_->trains().size())
    go_on();
  else if (asked_ahead_)
    prefetch();
}

bool FileCursor::extend(std::optional<MediaTime> to) {
  if (resting_ && state_ != State::failed && (rest_left_ || state_ != State::ended)) {
    resting_ = false;
    taking_up_ = true;
    request_.to = to;
    state_ = State::waiting;
    if (auto segment = asset_->cached(k_, request_.random_access_points_only)) {
      take_up(std::move(segment));
      return state_ != State::ended && state_ != State::failed;
    }
    load(k_, [this](Result<std::shared_ptr<const Segment>> segment) {
      taking_up_ = false;
      if (segment)
        take_up(*std::move(segment));
      else
        set_failed(std::move(segment).error());
      if (state_ != State::waiting) wake_();
    });
    return true;
  }
  if (!segment_ || started_) return false;
  request_.to = to;
  if (state_ == State::ended && next_ < segment_->trains().size()) state_ = State::ready;
  return state_ != State::ended && state_ != State::failed;
}

void FileCursor::advance() {
  const Train& read = train();
  last_start_.position = read.pts + read.duration;
  last_start_.due = read.due + read.duration;
  ++next_;
  skip_unwanted();
  if (next_ >= segment_->trains().size()) return go_on();
  if (asked_ahead_ || next_ < segment_->trains().size() / 2) return;
  asked_ahead_ = true;
  prefetch();
}

void FileCursor::prefetch() {
  if (request_.random_access_points_only || prefetching_ || ahead_ || asset_->past_end(k_ + 1)) return;
  ahead_ = asset_->cached(k_ + 1, false);
  if (ahead_) return;
  prefetching_ = true;
  load(k_ + 1, [this](Result<std::shared_ptr<const Segment>> segment) {
    prefetching_ = false;
    if (segment) ahead_ = *segment;
    if (beginning_) return begin();
    if (state_ != State::waiting) return;
    if (segment)
      go_on();
    else
      set_failed(segment.error());
    if (state_ != State::waiting) wake_();
  });
}

void FileCursor::go_on() {
  if (request_.random_access_points_only) return go_on_to_point();
  while (true) {
    if (segment_->truncated()) return set_failed({Errc::io, "the file was truncated while it played"});
    if (asset_->past_end(k_ + 1)) {
      state_ = State::ended;
      return;
    }
    prefetch();
    if (!ahead_) {
      state_ = State::waiting;
      return;
    }
    read_through_.push_back(std::exchange(segment_, std::exchange(ahead_, nullptr)));
    ++k_;
    next_ = 0;
    asked_ahead_ = false;
    skip_unwanted();
    if (next_ < segment_->trains().size()) {
      state_ = State::ready;
      return;
    }
  }
}

void FileCursor::go_on_to_point() {
  const auto following = following_random_access_point();
  if (!following && !request_.backwards && !asset_->indexed()) {
    state_ = State::waiting;
    return wait_for_index();
  }
  if (!following) {
    state_ = State::ended;
    return;
  }
  k_ = *following;
  next_ = 0;
  if (auto segment = asset_->cached(k_, true); segment && !segment->trains().empty())
    return enter_point(std::move(segment));
  state_ = State::waiting;
  load(k_, [this](Result<std::shared_ptr<const Segment>> segment) {
    if (!segment)
      set_failed(segment.error());
    else if ((*segment)->trains().empty())
      go_on_to_point();  // a picture that no packetizer could cut
    else
      enter_point(*segment);
    if (state_ != State::waiting) wake_();
  });
}

void FileCursor::enter_point(std::shared_ptr<const Segment> segment) {
  read_through_.push_back(std::exchange(segment_, std::move(segment)));
  next_ = 0;
  state_ = State::ready;
}

void FileCursor::wait_for_index() {
  constexpr MediaTime enough = 3'000'000;  // more than the longest segment
  // Behind all that is known already, which holds no point to go on to.
  const MediaTime beyond = std::max(asset_->boundary(k_).cut + request_.spacing + enough,
                                    asset_->boundary(asset_->segment_count() - 1).cut);
  asset_->find_segment(beyond,
                       [post = post_, weak = weak_from_this(), generation = generation_](std::size_t) {
                         post([weak, generation] {
                           const auto self = weak.lock();
                           if (!self || self->generation_ != generation) return;
                           self->go_on_with([&] {
                             self->go_on();
                             if (self->state_ != State::waiting) self->wake_();
                           });
                         });
                       });
}

void FileCursor::set_failed(Error error) {
  state_ = error.code == Errc::end ? State::ended : State::failed;
  failure_ = std::move(error);
}

std::optional<std::size_t> FileCursor::random_access_point_before(MediaTime time) const {
  for (std::size_t k = k_; k-- > 0;)
    if (const Boundary boundary = asset_->boundary(k); boundary.has_point() && boundary.cut < time) return k;
  return std::nullopt;
}

std::optional<std::size_t> FileCursor::following_random_access_point() const {
  const MediaTime here = asset_->boundary(k_).cut;
  if (request_.backwards) return random_access_point_before(here - request_.spacing + 1);
  for (std::size_t k = k_ + 1; k < asset_->segment_count(); ++k)
    if (const Boundary boundary = asset_->boundary(k);
        boundary.has_point() && boundary.cut >= here + request_.spacing)
      return k;
  return std::nullopt;
}

}  // namespace lectern::media
