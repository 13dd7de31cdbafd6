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

  explicit LiveInbox(Post post) : post_(std::move(post)) {}
  /// For the source's thread. `oldest` is the number of the oldest piece that is kept now; the loop sees it
  /// with the piece. One with `patience` may lie until a later one comes, where the first that lies came less
  /// than that before: the loop, and each viewer's connection, is then asked once for both.
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
  void drop_old();  // with the mutex held

  const Post post_;
  std::weak_ptr<LiveFeed> feed_;
  std::mutex mutex_;  // guards what follows
  LivePieces pieces_;
  std::uint64_t oldest_ = 0, joinable_ = 0;
  std::optional<MediaTime> lying_since_;  // when the first piece came that nobody was woken for
  bool woken_ = false, closed_ = false;
};

/// One loop's view of a Live: what its ring holds, for all cursors on that loop, which read it without a
/// lock. Used on that loop only. One a loop and Live is enough; it is fed as long as somebody holds it.
class LiveFeed : public std::enable_shared_from_this<LiveFeed> {
 public:
  /// `post` runs a function on this loop, from any thread.
  static std::shared_ptr<LiveFeed> attach(const std::shared_ptr<Live>& live, LiveInbox::Post post);

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
