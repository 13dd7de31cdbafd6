#include "server/loop/file_descriptor.h"

#include <sys/resource.h>
#include <unistd.h>

namespace lectern::server {

void FileDescriptor::reset(int fd) {
  // close() is never repeated on EINTR: Linux has freed the number by then.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  return limit.rlim_cur;
}

}  // namespace lectern::server
