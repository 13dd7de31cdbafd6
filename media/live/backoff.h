#pragma once

#include <chrono>
#include <random>

namespace lectern::media {

/// How long to wait before the next try: twice as long after each failure, up to a limit, and a random
/// quarter more or less, so that many cameras behind one switch are not asked at the same instant.
class Backoff {
 public:
  using Duration = std::chrono::milliseconds;

  Backoff(Duration first, Duration longest, std::uint32_t seed)
      : first_(first), longest_(longest), random_(seed) {
    random_.discard(8);  // of small seeds the first numbers are alike
  }
  /// After a failure.
  Duration next();
  /// After a success.
  void reset() { step_ = Duration::zero(); }

 private:
  const Duration first_, longest_;
  Duration step_ = Duration::zero();
  std::minstd_rand random_;
};

}  // namespace lectern::media
