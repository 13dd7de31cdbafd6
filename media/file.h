#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace lectern::media {

/// What tells one state of a file from another; a file that was replaced or has grown differs.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_us = 0;  ///< microseconds since the Unix epoch

  bool operator==(const FileIdentity&) const = default;
};

/// An open regular file. All demuxers of an asset read through one descriptor with pread(), so a file that
/// is renamed or deleted goes on playing, and libavformat never opens anything by name.
class File {
 public:
  /// Errc::not_found, Errc::denied, or Errc::unsupported for what is no regular file (a fifo would block).
  static Result<std::shared_ptr<const File>> open(const std::string& path);
  /// The same for `relative` below `root`; whatever leads out of it (.., symbolic links) is Errc::not_found.
  static Result<std::shared_ptr<const File>> open_beneath(const std::string& root,
                                                          const std::string& relative);

  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// Bytes read, 0 at the end, Errc::io on failure. What was appended since the file was opened is not read:
  /// an index of it would never be complete.
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableBytes to) const;
  [[nodiscard]] const std::string& path() const { return path_; }
  /// As it was when the file was opened.
  [[nodiscard]] const FileIdentity& identity() const { return identity_; }
  /// The size now, and identity().size at most: smaller once somebody truncated the file.
  [[nodiscard]] std::uint64_t size_now() const;
  [[nodiscard]] bool truncated() const { return size_now() < identity_.size; }

 private:
  File(int descriptor, std::string path, FileIdentity identity);
  static Result<std::shared_ptr<const File>> adopt(int descriptor, const std::string& path);

  int descriptor_;
  std::string path_;
  FileIdentity identity_;
};

}  // namespace lectern::media
