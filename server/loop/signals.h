#pragma once

#include <functional>
#include <memory>
#include <vector>

namespace lectern::server {

class EventLoop;

/// Tells signals of the process on a loop, for as long as it lives.
class SignalWatcher {
 public:
  /// `signals`: SIGINT and SIGTERM where none are named. Throws std::runtime_error where one cannot be
  /// caught.
  SignalWatcher(EventLoop& loop, std::function<void(int signal)> received, std::vector<int> signals = {});

 private:
  struct State;
  struct Closer {
    void operator()(State* state) const;
  };
  std::vector<std::unique_ptr<State, Closer>> watched_;
};

/// A peer that closes early must end its connection, not the process.
void ignore_broken_pipes();

}  // namespace lectern::server
