#pragma once

#include <algorithm>
#include <cstdint>

namespace lectern::server {

/// How often a connection may ask: a token bucket, of which each request takes one. A player's start and a
/// viewer who searches fit into what it holds. Times are of one clock, in microseconds.
class RequestRate {
 public:
  /// `per_second` is at least 1.
  RequestRate(unsigned per_second, std::int64_t now_us)
      : token_us_(1'000'000 / static_cast<std::int64_t>(per_second)),
        burst_us_(token_us_ * static_cast<std::int64_t>(std::max(per_second, least_burst))),
        full_at_us_(now_us) {}

  /// A request was read.
  void take(std::int64_t now_us) { full_at_us_ = std::max(full_at_us_, now_us) + token_us_; }
  /// How long the next one has to wait; 0: not at all.
  [[nodiscard]] std::int64_t wait_us(std::int64_t now_us) const {
    return std::max<std::int64_t>(0, full_at_us_ + token_us_ - burst_us_ - now_us);
  }

  /// However few a second: OPTIONS, DESCRIBE, a SETUP a track, PLAY, some of them twice to log in.
  static constexpr unsigned least_burst = 20;

 private:
  std::int64_t token_us_, burst_us_;
  std::int64_t full_at_us_;  ///< when the bucket is full again, if nothing is asked
};

}  // namespace lectern::server
