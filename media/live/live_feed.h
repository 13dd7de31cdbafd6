#pragma once

#include <algorithm>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "media/live/live_ring.h"

namespace lectern::media {

class Live;
class LiveCursor;
class LiveFeed;

/// Where the source's thread leaves new pieces for one loop, which is woken once for all that came meanwhile.
class LiveInbox {
 public:
  /// Runs a function on the feed's loop, from any thread.
  using Post = std::function<void(std::function<void()>)>;
  /// The same, once so many µs have passed.
  using PostLater = std::function<void(MediaTime, std::function<void()>)>;

  LiveInbox(Post post, PostLater post_later) : post_(std::move(post)), post_later_(std::move(post_later)) {}
  /// For the source's thread. `oldest` is the number of the oldest piece that is kept now; the loop sees it
  /// with the piece. One with `patience` may lie for so many µs, until one without comes: the loop, and each
  /// viewer's connection, is then asked once for both.
  void deliver(const std::shared_ptr<const LivePiece>& piece, std::uint64_t oldest, MediaTime patience = 0);
  /// What is there already, before the first delivery. Does not wake the loop.
  void fill(const LiveRing& ring, std::uint64_t joinable, bool closed);
  /// All pieces below `oldest` go.
  void cut(std::uint64_t oldest);
  /// Nobody begins with a piece below `joinable` any more: the source is away, and they are of the past.
  void set_joinable(std::uint64_t joinable);
  /// No more will come.
  void close();

 private:
  friend class LiveFeed;
  void wake();
  void look_later(MediaTime delay);
  void drop_old();  // with the mutex held

  const Post post_;
  const PostLater post_later_;  // none: nothing lies
  std::weak_ptr<LiveFeed> feed_;
  std::mutex mutex_;  // guards what follows
  LivePieces pieces_;
  std::uint64_t oldest_ = 0, joinable_ = 0;
  std::optional<MediaTime> lying_since_;  // when the first piece came that nobody was woken for
  bool woken_ = false, closed_ = false;
  bool looked_after_ = false;  // the loop looks after what lies before it is late
};

/// One loop's view of a Live: what its ring holds, for all cursors on that loop, which read it without a
/// lock. Used on that loop only. One a loop and Live is enough; it is fed as long as somebody holds it.
class LiveFeed : public std::enable_shared_from_this<LiveFeed> {
 public:
  /// `post` and `post_later` run a function on this loop, from any thread. Without the latter no piece lies.
  static std::shared_ptr<LiveFeed> attach(const std::shared_ptr<Live>& live, LiveInbox::Post post,
                                          LiveInbox::PostLater post_later = {});

  /// nullptr where there is none of that number yet, or no more.
  [[nodiscard]] const std::shared_ptr<const LivePiece>* find(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t oldest() const { return oldest_; }
  /// The number of the oldest piece that reading may begin with.
  [[nodiscard]] std::uint64_t joinable() const { return std::max(oldest_, joinable_); }
  /// The number of the piece that comes next.
  [[nodiscard]] std::uint64_t next() const { return oldest_ + pieces_.size(); }
  /// The newest random access point that is numbered `least` or later, and that reading may begin with.
  [[nodiscard]] std::optional<std::uint64_t> newest_point(std::uint64_t least) const;
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] const std::shared_ptr<Live>& live() const { return live_; }

 private:
  friend class LiveCursor;
  friend class LiveInbox;
  LiveFeed(std::shared_ptr<Live> live, std::shared_ptr<LiveInbox> inbox);
  void drain();
  void look();
  void add(LiveCursor& cursor) { cursors_.push_back(&cursor); }
  void remove(LiveCursor& cursor);

  const std::shared_ptr<Live> live_;
  const std::shared_ptr<LiveInbox> inbox_;
  LivePieces pieces_;
  std::uint64_t oldest_ = 0, joinable_ = 0;
  std::optional<std::uint64_t> point_;  // the newest
  bool closed_ = false;
  std::vector<LiveCursor*> cursors_;  // nullptr: removed while they were called
  bool calling_ = false;
};

}  // namespace lectern::media
