#pragma once

#include <functional>
#include <memory>

#include "server/loop/file_descriptor.h"

namespace lectern::server {

class EventLoop;

/// What a descriptor is ready for. `error` asks the owner to fetch the error from the descriptor.
struct Ready {
  bool readable = false;
  bool writable = false;
  bool error = false;
};

/// Owns a non-blocking descriptor and watches it on a loop, level-triggered. One Poll a descriptor. The
/// callback may destroy the Poll.
class Poll {
 public:
  Poll(EventLoop& loop, FileDescriptor fd, std::function<void(Ready)> ready);

  /// Replaces what was watched; nothing at the start. Errors are only told while something is watched.
  void watch(bool readable, bool writable);
  [[nodiscard]] int fd() const;

 private:
  struct State;
  struct Closer {
    void operator()(State* state) const;
  };
  std::unique_ptr<State, Closer> state_;
};

}  // namespace lectern::server
