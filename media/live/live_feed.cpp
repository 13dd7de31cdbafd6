#include "media/live/live_feed.h"

#include <algorithm>
#include <utility>

#include "media/live/live.h"
#include "media/live/live_cursor.h"

namespace lectern::media {

void LiveInbox::drop_old() {
  while (!pieces_.empty() && pieces_.front()->number < oldest_) pieces_.pop_front();
}

void LiveInbox::wake() {
  try {
    post_([weak = feed_] {
      if (const auto feed = weak.lock()) feed->drain();
    });
  } catch (const std::exception&) {  // no memory: the next piece wakes it
    const std::lock_guard lock(mutex_);
    woken_ = false;
  }
}

void LiveInbox::deliver(const std::shared_ptr<const LivePiece>& piece, std::uint64_t oldest,
                        MediaTime patience) {
  bool woken, looked_after = true;
  {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(piece);
    oldest_ = oldest;
    // A loop that is busy must not make it grow.
    drop_old();
    if (patience > 0 && post_later_) {
      if (!lying_since_) lying_since_ = piece->arrived;
      looked_after = std::exchange(looked_after_, true);
      woken = true;
    } else {
      lying_since_.reset();
      woken = std::exchange(woken_, true);
    }
  }
  if (!looked_after) look_later(patience);
  if (!woken) wake();
}

void LiveInbox::look_later(MediaTime delay) {
  try {
    post_later_(delay, [weak = feed_] {
      if (const auto feed = weak.lock()) feed->look();
    });
  } catch (const std::exception&) {  // no memory: it does not lie, then
    {
      const std::lock_guard lock(mutex_);
      looked_after_ = false;
      if (std::exchange(woken_, true)) return;
    }
    wake();
  }
}

void LiveInbox::fill(const LiveRing& ring, std::uint64_t joinable, bool closed) {
  const std::lock_guard lock(mutex_);
  joinable_ = joinable;
  pieces_ = ring.pieces();
  oldest_ = ring.oldest();
  closed_ = closed;
}

void LiveInbox::cut(std::uint64_t oldest) {
  bool woken;
  {
    const std::lock_guard lock(mutex_);
    oldest_ = oldest;
    drop_old();
    woken = std::exchange(woken_, true);
  }
  if (!woken) wake();
}

void LiveInbox::set_joinable(std::uint64_t joinable) {
  bool woken;
  {
    const std::lock_guard lock(mutex_);
    joinable_ = joinable;
    woken = std::exchange(woken_, true);
  }
  if (!woken) wake();
}

void LiveInbox::close() {
  bool woken;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    woken = std::exchange(woken_, true);
  }
  if (!woken) wake();
}

LiveFeed::LiveFeed(std::shared_ptr<Live> live, std::shared_ptr<LiveInbox> inbox)
    : live_(std::move(live)), inbox_(std::move(inbox)) {}

std::shared_ptr<LiveFeed> LiveFeed::attach(const std::shared_ptr<Live>& live, LiveInbox::Post post,
                                           LiveInbox::PostLater post_later) {
  const auto inbox = std::make_shared<LiveInbox>(std::move(post), std::move(post_later));
  const std::shared_ptr<LiveFeed> feed(new LiveFeed(live, inbox));
  inbox->feed_ = feed;
  live->attach(inbox);
  feed->drain();
  return feed;
}

const std::shared_ptr<const LivePiece>* LiveFeed::find(std::uint64_t number) const {
  if (number < oldest_ || number >= next()) return nullptr;
  return &pieces_[number - oldest_];
}

std::optional<std::uint64_t> LiveFeed::newest_point(std::uint64_t least) const {
  if (!point_ || *point_ < std::max(least, joinable())) return std::nullopt;
  return point_;
}

void LiveFeed::look() {
  const MediaTime now = live_->now();
  MediaTime rest = 0;
  {
    const std::lock_guard lock(inbox_->mutex_);
    if (inbox_->lying_since_) rest = *inbox_->lying_since_ + live_->options().sound_waits - now;
    inbox_->looked_after_ = rest > 0;
    if (!inbox_->lying_since_) return;
  }
  if (rest > 0) return inbox_->look_later(rest);
  drain();
}

void LiveFeed::drain() {
  {
    // First of all: whatever fails behind it, the next piece wakes it again.
    const std::lock_guard lock(inbox_->mutex_);
    inbox_->woken_ = false;
  }
  LivePieces fresh;
  {
    const std::lock_guard lock(inbox_->mutex_);
    fresh.swap(inbox_->pieces_);
    inbox_->lying_since_.reset();
    oldest_ = std::max(oldest_, inbox_->oldest_);
    joinable_ = inbox_->joinable_;
    closed_ = inbox_->closed_;
  }
  while (!pieces_.empty() && pieces_.front()->number < oldest_) pieces_.pop_front();
  const std::uint64_t behind = fresh.empty() ? next() : fresh.back()->number + 1;
  try {
    for (const auto& piece : fresh) {
      pieces_.push_back(piece);
      if (piece->random_access) point_ = piece->number;
    }
  } catch (const std::exception&) {
    // Without one of them none can be counted: all go on with the next random access point.
    pieces_.clear();
    point_.reset();
    oldest_ = behind;
  }
  // Who is called may destroy itself and others.
  calling_ = true;
  const auto self = shared_from_this();
  for (std::size_t i = 0; i < cursors_.size(); ++i)
    if (cursors_[i]) cursors_[i]->fed();
  calling_ = false;
  std::erase(cursors_, nullptr);
}

void LiveFeed::remove(LiveCursor& cursor) {
  const auto found = std::ranges::find(cursors_, &cursor);
  if (found == cursors_.end()) return;
  if (calling_)
    *found = nullptr;
  else
    cursors_.erase(found);
}

}  // namespace lectern::media
