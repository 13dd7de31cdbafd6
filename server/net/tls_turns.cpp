#include "server/net/tls_turns.h"

#include <utility>

#include "server/loop/event_loop.h"

namespace lectern::server {
namespace {

// With 0 ms libuv 1.44 would call the timer again in the same turn.
constexpr std::chrono::milliseconds next_turn{1};

}  // namespace

TlsTurns::TlsTurns(EventLoop& loop, std::chrono::microseconds most)
    : loop_(loop), most_(most), next_(loop, [this] { go_on(); }) {}

bool TlsTurns::open() const {
  return waiting_.empty() && time_left();
}

bool TlsTurns::time_left() const {
  // Asked for first, as it may only now begin to be counted.
  const std::int64_t began = loop_.turn_us();
  return std::chrono::microseconds{EventLoop::now_us() - began} < most_;
}

void TlsTurns::wait(std::function<void()> step) {
  waiting_.push_back(std::move(step));
  if (!next_.active()) next_.start_after(next_turn);
}

void TlsTurns::go_on() {
  // Where the last step has thrown, nobody was left to stop the timer.
  if (waiting_.empty()) return next_.stop();
  // Started first, as a step may throw; one a turn is always done, or a busy loop would let nobody in.
  next_.start_after(next_turn);
  // A timer that is started moves the loop's clock: this one may be due once more in the same turn.
  if (std::exchange(last_turn_us_, loop_.turn_us()) == loop_.turn_us()) return;
  do {
    const auto step = std::move(waiting_.front());
    waiting_.pop_front();
    step();
  } while (!waiting_.empty() && time_left());
  if (waiting_.empty()) next_.stop();
}

}  // namespace lectern::server
