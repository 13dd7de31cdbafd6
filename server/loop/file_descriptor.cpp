#include "server/loop/file_descriptor.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

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

unsigned connections_within(std::size_t descriptors, unsigned loops) {
  // Files of viewers and those that wait for the next one; certificates, name look-ups and what asks an
  // external check for its verdict are few.
  constexpr std::size_t for_files = 256;
  constexpr std::size_t for_loop = 8;  // its wake-ups, timers and UDP ports
  const std::size_t kept = for_files + for_loop * loops;
  const std::size_t left = descriptors > 2 * kept ? descriptors - kept : descriptors / 2;
  return static_cast<unsigned>(std::clamp<std::size_t>(left, 1, 1u << 30));
}

}  // namespace lectern::server
