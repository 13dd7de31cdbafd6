#pragma once

#include "media/cursor.h"
#include "media/live/live_description.h"
#include "media/live/live_feed.h"

namespace lectern::media {

/// Where a reader of live media begins.
enum class LiveJoin {
  newest_point,  ///< with the newest random access point: a picture at once, sent as a burst
  next_point,    ///< with the next one that comes: the least delay
};

/// What a reader missed because it was too slow.
struct LiveLag {
  std::uint64_t times = 0;
  std::uint64_t packets = 0;  ///< of all tracks
  MediaTime time = 0;  ///< from the end of what was read to the random access points that were skipped to
  MediaTime last = 0;  ///< when it skipped last, on the line of the Live
};

/// Where a viewer of shared streams begins with one of them.
struct SharedStart {
  std::uint64_t index = 0;      ///< rollover counter << 16 | sequence number
  std::uint32_t timestamp = 0;  ///< RTP time
};

/// Reads a Live. One that falls behind what the ring holds goes on with the newest random access point, and
/// that is counted. Of a ReadRequest only the tracks matter: live media has no other place than the present.
class LiveCursor final : public Cursor {
 public:
  /// `told` is the description that the viewer was given. `wake` is called on the loop when a waiting cursor
  /// may be ready; it may destroy the cursor, as `started` may.
  LiveCursor(std::shared_ptr<LiveFeed> feed, std::shared_ptr<const LiveDescription> told, LiveJoin join,
             std::function<void()> wake);
  ~LiveCursor() override;
  LiveCursor(const LiveCursor&) = delete;
  LiveCursor& operator=(const LiveCursor&) = delete;

  /// `started` is called once there is a random access point.
  void start(const ReadRequest& request, Started started) override;
  /// Ended: the Live was closed. Failed: its source came back with other formats.
  State state() override { return state_; }
  const Train& train() override { return piece_->segment->trains()[next_train_]; }
  const Segment& segment() override { return *piece_->segment; }
  void advance() override;
  ReadStart here() override;
  const Error& failure() const override { return failure_; }
  /// Goes on from rest, with the newest random access point where that place is gone; `to` is not kept.
  bool extend(std::optional<MediaTime> to) override;
  void rest() override;
  void release() override { read_through_.clear(); }
  [[nodiscard]] bool holds_read() const override { return !read_through_.empty(); }

  /// The rollover counter of each track that the viewer of shared streams was told; before its first start().
  /// Where the sequence numbers have wrapped since, reading begins with an older random access point, as long
  /// as one is held: a receiver takes the counter by its word for the first packet.
  void set_told_rocs(std::vector<std::uint32_t> rocs) { told_rocs_ = std::move(rocs); }

  /// No random access point has come since the place where it stands: to go on there is the soonest way to
  /// the present.
  [[nodiscard]] bool at_present() const;
  /// The piece of train(); while ready.
  [[nodiscard]] const LivePiece& piece() const { return *piece_; }
  /// The newest that this loop has seen; while ready.
  [[nodiscard]] const LivePiece& newest_piece() const;
  /// For each track what reading on from here begins with, where it has come already: RTP-Info, and whether
  /// the rollover counter that the viewer was told is still right. Empty where nothing is shared.
  [[nodiscard]] std::vector<std::optional<SharedStart>> shared_start() const;
  [[nodiscard]] const LiveLag& lag() const { return lag_; }

 private:
  friend class LiveFeed;
  /// What of a track may be sent after a random access point that reading began with.
  struct Entry {
    bool begun = false;
    bool leading = true;  ///< pictures shown before that point are undecodable, until the next
  };

  void fed();
  /// Goes to the newest random access point numbered `join_from_` or later; waits where there is none.
  void find_point();
  void begin_at(std::uint64_t point);
  void begin_with(std::uint64_t newest);
  [[nodiscard]] bool told_rocs_hold() const;
  void go_on();
  void fall_behind();
  void count_lag(const LivePiece& resumed);
  bool enter(const std::shared_ptr<const LivePiece>& piece);
  bool admits(const Train& train, std::vector<Entry>& entries) const;
  void skip_unwanted();
  void fail_changed();
  /// Calls `visit(const LivePiece&, const Train&)` for what is there to be read from here on.
  template <typename Visitor>
  void visit_ahead(Visitor&& visit) const;
  [[nodiscard]] ReadStart start_from_here() const;

  const std::shared_ptr<LiveFeed> feed_;
  const std::shared_ptr<const LiveDescription> told_;
  const LiveJoin join_;
  const std::function<void()> wake_;

  ReadRequest request_;
  Started started_;
  State state_ = State::waiting;
  Error failure_;
  std::shared_ptr<const LivePiece> piece_;
  std::uint64_t number_ = 0;  ///< of piece_, or of the piece to read next
  std::size_t next_train_ = 0;
  std::uint64_t packets_read_ = 0;  ///< all before, as LivePiece::packets_before counts
  std::uint64_t join_from_ = 0;
  bool reading_ = false;  ///< start() was called
  bool joining_ = false;  ///< waits for a random access point
  bool behind_ = false;   ///< because it was too slow
  bool resting_ = false;
  std::vector<std::shared_ptr<const LivePiece>> read_through_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> told_rocs_;  ///< empty once reading has begun
  MediaTime position_ = 0;                ///< pts of the random access point that reading began with
  MediaTime read_until_ = 0;
  ReadStart last_start_;
  LiveLag lag_;
};

}  // namespace lectern::media
