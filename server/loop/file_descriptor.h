#pragma once

#include <cstddef>
#include <utility>

namespace lectern::server {

/// Owns a descriptor of the operating system; closed at the end.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~FileDescriptor() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// Lets this process have as many descriptors as the system allows: what it is given (1024, mostly) is kept
/// low for select(2), which is not used here. How many that is now.
std::size_t raise_descriptor_limit();

/// How many connections leave enough of so many descriptors for media files and the server's own, with so
/// many loops.
unsigned connections_within(std::size_t descriptors, unsigned loops);

}  // namespace lectern::server
