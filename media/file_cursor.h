#pragma once

#include "media/asset.h"
#include "media/cursor.h"

namespace lectern::media {

/// Reads an Asset from segment to segment, each held only while it is read.
class FileCursor final : public Cursor, public std::enable_shared_from_this<FileCursor> {
 public:
  /// Runs a function on the cursor's loop, from any thread.
  using Post = std::function<void(std::function<void()>)>;

  /// `wake` is called on the loop when a waiting cursor may be ready.
  FileCursor(std::shared_ptr<Asset> asset, Post post, std::function<void()> wake);

  void start(const ReadRequest& request, Started started) override;
  State state() override;
  const Train& train() override { return segment_->trains()[next_]; }
  const Segment& segment() override { return *segment_; }
  void advance() override;
  ReadStart here() override;
  const Error& failure() const override { return failure_; }
  bool extend(std::optional<MediaTime> to) override;
  void rest() override;
  [[nodiscard]] bool holds_read() const override { return !read_through_.empty(); }
  void release() override { read_through_.clear(); }

 private:
  /// What of a track may be sent after a seek.
  struct Entry {
    bool begun = false;
    bool leading =
        true;  ///< no second random access point yet: pictures shown before the first are undecodable
  };

  /// Goes on with what a worker has brought; where that fails, this cursor alone does.
  template <typename Work>
  void go_on_with(Work&& work);
  void find(MediaTime time);
  void located(std::size_t k);
  void enter(std::shared_ptr<const Segment> segment);
  void begin_at(std::size_t train);
  void begin();
  void take_up(std::shared_ptr<const Segment> segment);
  void load(std::size_t k, std::function<void(Result<std::shared_ptr<const Segment>>)> done);
  void prefetch();
  void go_on();
  void go_on_to_point();
  void enter_point(std::shared_ptr<const Segment> segment);
  void wait_for_index();
  void set_failed(Error error);
  [[nodiscard]] std::optional<std::size_t> following_random_access_point() const;
  [[nodiscard]] std::optional<std::size_t> random_access_point_before(MediaTime time) const;
  bool admits(const Train& train, std::vector<Entry>& entries) const;
  void skip_unwanted();
  [[nodiscard]] bool at_limit() const;
  /// What of each track comes next, from `train` of the segment on and in the one ahead.
  [[nodiscard]] ReadStart start_from(std::size_t train) const;
  [[nodiscard]] bool names_all_tracks(const ReadStart& start) const;

  const std::shared_ptr<Asset> asset_;
  const Post post_;
  const std::function<void()> wake_;

  ReadRequest request_;
  Started started_;
  std::uint64_t generation_ = 0;  ///< answers to earlier requests are dropped
  State state_ = State::waiting;
  Error failure_;
  std::size_t k_ = 0;
  std::shared_ptr<const Segment> segment_;
  std::shared_ptr<const Segment> ahead_;  ///< segment k_ + 1, prefetched
  bool prefetching_ = false;
  bool beginning_ = false;    ///< waits for the segment ahead, in which a track begins
  bool resting_ = false;      ///< segment_ was let go
  bool taking_up_ = false;    ///< went on from rest, and segment_ is loaded again
  bool rest_left_ = false;    ///< and had trains left
  bool asked_ahead_ = false;  ///< half of segment_ is read, and the next was asked for
  std::vector<std::shared_ptr<const Segment>> read_through_;
  std::size_t next_ = 0;
  std::vector<Entry> entries_;
  MediaTime position_ = 0;  ///< pts of the random access point that reading began with
  bool from_beginning_ = false;
  ReadStart last_start_;
};

}  // namespace lectern::media
