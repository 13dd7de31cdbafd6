#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace lectern::test {

/// What can be made to fail in a process that has loaded the library of this folder.
enum class FaultKind : std::uint32_t {
  none,
  open,        ///< open(2), openat2(2)
  fstat,       ///< fstat(2)
  pread,       ///< pread(2): how media are read
  accept,      ///< accept4(2)
  send_tcp,    ///< sendmsg(2) of a stream socket
  send_udp,    ///< sendmsg(2) and sendmmsg(2) of a datagram socket
  receive,     ///< recv(2), recvmmsg(2)
  new_,        ///< operator new
  av_memory,   ///< malloc(3) and its kin, called by FFmpeg's libraries
  tls_memory,  ///< the same, called by OpenSSL
  thread,      ///< pthread_create(3)
  mkdir,
  mkostemp,
  write,  ///< write(2) to a regular file
  fsync,
  rename,
  socket,
  bind,
  listen,
  epoll_create,
  epoll_ctl,
  eventfd,
  pipe,
  timerfd,
  getsockname,
  setsockopt,
  count,
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(FaultKind::count)> fault_names{
    "none",
    "open",
    "fstat",
    "pread",
    "accept4",
    "sendmsg (TCP)",
    "sendmsg (UDP)",
    "recv",
    "operator new",
    "malloc of FFmpeg",
    "malloc of OpenSSL",
    "pthread_create",
    "mkdir",
    "mkostemp",
    "write",
    "fsync",
    "rename",
    "socket",
    "bind",
    "listen",
    "epoll_create1",
    "epoll_ctl",
    "eventfd",
    "pipe2",
    "timerfd_create",
    "getsockname",
    "setsockopt"};

/// In a file that the test and the process map: it is changed while the process runs.
struct FaultControl {
  std::atomic<FaultKind> kind;      ///< set last
  std::atomic<std::int32_t> error;  ///< errno; 0: of a read nothing comes, as at the end of a file
  std::atomic<std::int64_t>
      shortened;                    ///< where not 0: a read gives so many bytes at most, and does not fail
  std::atomic<std::int64_t> first;  ///< the call that fails, counted from 1
  std::atomic<std::int64_t> times;  ///< and how many from there on
  std::atomic<std::int64_t> calls;  ///< of this kind since it was set
  std::atomic<std::int64_t> failed;
  std::atomic<std::int64_t> wall_jump_ns;  ///< CLOCK_REALTIME is so much ahead; CLOCK_MONOTONIC never is
};

/// Of the process: the file.
inline constexpr const char* fault_variable = "LECTERN_FAULTS";

}  // namespace lectern::test
