#pragma once

#include <cstdint>
#include <filesystem>

namespace lectern::server {

/// What stat(2) tells of a file: another one under its name, or another content, is another stamp. All files
/// that are not there have the same one.
struct FileStamp {
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = -1, modified_ns = 0;
  bool operator==(const FileStamp&) const = default;
};

/// Links are followed.
FileStamp stamp_of(const std::filesystem::path& file);

}  // namespace lectern::server
