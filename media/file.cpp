#include "media/file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lectern::media {
namespace {

// A fifo or a device would block in open() or read() without O_NONBLOCK; regular files ignore it.
constexpr int open_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

Error error_of(int number, const std::string& path) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:  // openat2: the path leads out of the root
    case ENAMETOOLONG:
      return {Errc::not_found, path + ": no such file"};
    case EACCES:
    case EPERM:
      return {Errc::denied, path + ": permission denied"};
    case ENXIO:  // a socket
      return {Errc::unsupported, path + ": not a regular file"};
    case EMFILE:
    case ENFILE:
      return {Errc::busy, path + ": " + std::strerror(number)};
    default:
      return {Errc::io, path + ": " + std::strerror(number)};
  }
}

}  // namespace

File::File(int descriptor, std::string path, FileIdentity identity)
    : descriptor_(descriptor), path_(std::move(path)), identity_(identity) {}

File::~File() {
  ::close(descriptor_);
}

Result<std::shared_ptr<const File>> File::adopt(int descriptor, const std::string& path) {
  if (descriptor < 0) return error_of(errno, path);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    if (S_ISDIR(status.st_mode)) return Error{Errc::not_found, path + ": is a directory"};
    return unsupported(path + ": not a regular file");
  }
  const FileIdentity identity{status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
                              status.st_mtim.tv_sec * 1'000'000 + status.st_mtim.tv_nsec / 1000};
  return std::shared_ptr<const File>(new File(descriptor, path, identity));
}

Result<std::shared_ptr<const File>> File::open(const std::string& path) {
  return adopt(::open(path.c_str(), open_flags), path);
}

Result<std::shared_ptr<const File>> File::open_beneath(const std::string& root, const std::string& relative) {
  const std::string path = root + "/" + relative;
  if (relative.find('\0') != std::string::npos) return error_of(ENOENT, root);
  const int directory = ::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return error_of(errno, path);
  open_how how{};
  how.flags = static_cast<std::uint64_t>(open_flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  long descriptor = -1;
  // EAGAIN: something on the way was renamed meanwhile.
  for (int attempt = 0; attempt < 8; ++attempt) {
    descriptor = ::syscall(SYS_openat2, directory, relative.c_str(), &how, sizeof how);
    if (descriptor >= 0 || errno != EAGAIN) break;
  }
  const int number = errno;
  ::close(directory);
  errno = number;
  return adopt(static_cast<int>(descriptor), path);
}

Result<std::size_t> File::read_at(std::uint64_t offset, MutableBytes to) const {
  if (offset >= identity_.size) return std::size_t{0};
  to = to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), identity_.size - offset)));
  while (true) {
    const ssize_t got = ::pread(descriptor_, to.data(), to.size(), static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return Error{Errc::io, path_ + ": " + std::strerror(errno)};
  }
}

std::uint64_t File::size_now() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return 0;
  return std::min(static_cast<std::uint64_t>(status.st_size), identity_.size);
}

}  // namespace lectern::media
