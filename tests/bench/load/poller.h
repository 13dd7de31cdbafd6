#pragma once

#include <chrono>
#include <cstdint>

#include "server/loop/file_descriptor.h"

namespace lectern::bench {

/// CLOCK_REALTIME in microseconds: the clock of the kernel's receive time stamps.
std::int64_t now_us();

/// Something that has a descriptor to read from.
class Source {
 public:
  virtual ~Source() = default;
  /// `writable` may be true only where it was asked for.
  virtual void ready(bool readable, bool writable) = 0;
};

/// A thin epoll: level-triggered, a source is told until it has read all.
class Poller {
 public:
  Poller();
  void add(int descriptor, Source& source, bool writable);
  void change(int descriptor, Source& source, bool writable);
  /// Call before the source goes; events of this turn that it still had are dropped.
  void remove(int descriptor);
  /// Waits for at most `timeout_ms` and tells the sources.
  void turn(int timeout_ms);

 private:
  void control(int operation, int descriptor, Source* source, bool writable) const;

  server::FileDescriptor epoll_;
  bool removed_ = false;
};

}  // namespace lectern::bench
