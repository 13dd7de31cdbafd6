#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "server/rtsp/play_terms.h"

namespace lectern::server {

/// A play that was asked for and has not begun: whom its beginning is owed to,
/// and what waits for it.
class PendingPlay {
 public:
  [[nodiscard]] bool pending() const { return begun_ != nullptr; }
  /// In the place of one that has not begun, which is refused; the number of
  /// the new one.
  std::uint64_t expect(Begun begun);
  /// The one of that number has not begun.
  [[nodiscard]] bool is_pending(std::uint64_t number) const { return pending() && number == number_; }
  /// Who is to be told; empty where nobody is any more.
  [[nodiscard]] Begun take() { return std::exchange(begun_, nullptr); }
  void refuse(const Error& why);

  /// What is to run once none is pending.
  void when_begun(std::function<void()> task) { waiting_.push_back(std::move(task)); }
  [[nodiscard]] std::vector<std::function<void()>> take_waiting() { return std::exchange(waiting_, {}); }

 private:
  Begun begun_;
  std::uint64_t number_ = 0;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace lectern::server
