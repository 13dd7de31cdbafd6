#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "media/scanner.h"
#include "media/segment_cache.h"
#include "media/segment_loader.h"
#include "media/worker_pool.h"

namespace lectern::media {

enum class Severity { debug, info, warning };
/// For what an operator should read. Called on any thread.
using Log = std::function<void(Severity, const std::string&)>;

/// What all assets share.
struct AssetContext {
  WorkerPool& pool;
  SegmentCache& cache;
  Log log;
  std::size_t max_payload = payload::default_max_payload;
};

/// A file: its tracks, its segments, its index. Segments are loaded on worker threads and shared by all
/// viewers through the cache. All functions but open() may be called on any thread and do not block on files.
class Asset : public std::enable_shared_from_this<Asset> {
 public:
  using Loaded = std::function<void(Result<std::shared_ptr<const Segment>>)>;

  /// Opens the file, selects its tracks and gets its index or begins to scan for it. Blocks: for a worker.
  static Result<std::shared_ptr<Asset>> open(std::shared_ptr<const File> file, AssetContext context);

  [[nodiscard]] const std::vector<Track>& tracks() const { return selection_.tracks; }
  [[nodiscard]] const std::vector<LeftOut>& left_out() const { return selection_.left_out; }
  [[nodiscard]] std::size_t anchor() const { return selection_.anchor; }
  [[nodiscard]] const File& file() const { return *file_; }
  [[nodiscard]] const std::string& container() const { return container_; }
  [[nodiscard]] const std::string& title() const { return title_; }
  /// When the recording began, in microseconds since the Unix epoch: creation_time of the file's metadata,
  /// else when it was last modified.
  [[nodiscard]] std::int64_t recorded_at() const { return recorded_at_; }
  /// Exact once the file is indexed, the container's word before; 0 where neither is known.
  [[nodiscard]] MediaTime duration() const;

  /// The index as far as it is known now.
  [[nodiscard]] std::size_t segment_count() const;
  [[nodiscard]] bool indexed() const;
  /// The boundary that segment k begins with.
  [[nodiscard]] Boundary boundary(std::size_t k) const;
  /// Segment k is, or will once the scan is there be, behind the end of the file.
  [[nodiscard]] bool past_end(std::size_t k) const;

  /// Calls `done` with the number of the segment with the random access point at or before `time`, at once
  /// where the index reaches that far, else on a worker once it does.
  void find_segment(MediaTime time, std::function<void(std::size_t)> done);

  /// Segment k where the cache holds it; nullptr otherwise.
  [[nodiscard]] std::shared_ptr<const Segment> cached(std::size_t k, bool random_access_point_only) const;
  /// Loads segment k on a worker, once however many ask, and calls `done` there, unless nobody holds the
  /// asset any more by then. Errc::end behind the last segment, Errc::io where the file broke.
  void load(std::size_t k, bool random_access_point_only, Loaded done);

 private:
  Asset(std::shared_ptr<const File> file, AssetContext context, TrackSelection selection);

  static Result<std::shared_ptr<Asset>> open_without(std::shared_ptr<const File> file, AssetContext context,
                                                     const std::vector<LeftOut>& refused);
  /// Tracks of whose first units none can be cut (Motion JPEG of a kind that RFC 2435 has no place for).
  std::vector<LeftOut> refused_tracks();
  void scan();
  void scan_on();
  void queue_load(const SegmentKey& key);
  void run_load(std::size_t k, bool random_access_point_only);
  Result<std::shared_ptr<const Segment>> load_now(std::size_t k, bool random_access_point_only);
  void finish_load(const SegmentKey& key, const Result<std::shared_ptr<const Segment>>& result);
  void index_grew();
  void tell_found();
  void go_on_with_loads();
  [[nodiscard]] SegmentKey key(std::size_t k, bool random_access_point_only) const;

  struct WaitingLoad {
    SegmentKey key;
    std::vector<Loaded> done;
    bool queued = false;
  };
  struct WaitingFind {
    MediaTime time;
    std::function<void(std::size_t)> done;
  };

  const std::uint64_t id_;
  const std::shared_ptr<const File> file_;
  const AssetContext context_;
  TrackSelection selection_;
  std::string container_;
  std::string title_;
  std::int64_t recorded_at_ = 0;
  MediaTime stated_duration_ = 0;
  std::unique_ptr<SegmentLoader> loader_;  // on loading_ only
  std::unique_ptr<Scanner> scanner_;       // on scanning_ only
  std::shared_ptr<Strand> loading_, scanning_;

  mutable std::mutex mutex_;  // guards what follows
  SegmentIndex index_;
  std::vector<WaitingLoad> loads_;
  std::vector<WaitingFind> finds_;
};

}  // namespace lectern::media
