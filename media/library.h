#pragma once

#include <list>
#include <map>

#include "media/asset.h"

namespace lectern::media {

struct LibraryOptions {
  std::size_t cache_bytes = 256 * 1024 * 1024;
  std::size_t max_payload = payload::default_max_payload;
  unsigned threads = 2;
  /// Files that stay open without a viewer, so that the next one starts at once.
  std::size_t idle_assets = 16;
  Log log = [](Severity, const std::string&) {};
};

/// All files that are served: opens each once for all its viewers, and owns the workers and the segment
/// cache. Thread-safe; must outlive the assets it gave out.
class Library {
 public:
  using Opened = std::function<void(Result<std::shared_ptr<Asset>>)>;

  explicit Library(LibraryOptions options);
  ~Library();

  /// Opens `relative` below the directory `root`, or the file `root` itself where `relative` is empty, on a
  /// worker and calls `done` there. A file that changed since it was opened last is opened anew.
  /// Errc::not_found, Errc::denied, Errc::unsupported (no media, or none that can be served), Errc::io.
  void open(std::string root, std::string relative, Opened done);

  [[nodiscard]] const SegmentCache& cache() const { return cache_; }

 private:
  struct IdentityOrder {
    bool operator()(const FileIdentity& a, const FileIdentity& b) const;
  };

  void open_now(const std::string& root, const std::string& relative, Opened done);
  void open_file(const std::shared_ptr<const File>& file);
  void keep(const std::shared_ptr<Asset>& asset);

  const LibraryOptions options_;
  SegmentCache cache_;

  std::mutex mutex_;  // guards what follows
  std::map<FileIdentity, std::weak_ptr<Asset>, IdentityOrder> known_;
  std::map<FileIdentity, std::vector<Opened>, IdentityOrder> opening_;
  std::list<std::shared_ptr<Asset>> recent_;  // the most recently used first

  WorkerPool pool_;  // last: its tasks use all of the above
};

}  // namespace lectern::media
