#pragma once

#include <chrono>
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
  /// A file that grows is opened anew for who asks so much later; viewers that come together share one.
  std::chrono::milliseconds growing_for{5000};
  /// A file that could not be opened is refused without another try for so long.
  std::chrono::milliseconds refused_for{3000};
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
  /// worker and calls `done` there. A file that changed since it was opened last is opened anew, one that
  /// only grew not before a few seconds are over. Errc::not_found, Errc::denied, Errc::unsupported (no media,
  /// or none that can be served), Errc::io.
  void open(std::string root, std::string relative, Opened done);

  [[nodiscard]] const SegmentCache& cache() const { return cache_; }

 private:
  struct IdentityOrder {
    bool operator()(const FileIdentity& a, const FileIdentity& b) const;
  };

  void open_now(const std::string& root, const std::string& relative, Opened done);
  void open_file(const std::shared_ptr<const File>& file);
  /// Remembers how it went; gives who waits for it.
  std::vector<Opened> note_opened(const FileIdentity& identity, const Result<std::shared_ptr<Asset>>& asset);
  void keep(const std::shared_ptr<Asset>& asset);
  /// What is open already for a file in this state; with the mutex held.
  [[nodiscard]] std::shared_ptr<Asset> held(const FileIdentity& identity) const;

  using Clock = std::chrono::steady_clock;
  struct Known {
    std::weak_ptr<Asset> asset;
    Clock::time_point opened;
  };
  struct Refusal {
    Error error;
    Clock::time_point until;
  };

  const LibraryOptions options_;
  SegmentCache cache_;

  std::mutex mutex_;  // guards what follows
  std::map<FileIdentity, Known, IdentityOrder> known_;
  std::map<FileIdentity, Refusal, IdentityOrder> refused_;
  std::map<FileIdentity, std::vector<Opened>, IdentityOrder> opening_;
  std::list<std::shared_ptr<Asset>> recent_;  // the most recently used first

  WorkerPool pool_;  // last: its tasks use all of the above
};

}  // namespace lectern::media
