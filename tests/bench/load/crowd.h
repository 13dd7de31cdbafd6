#pragma once

#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "tests/bench/load/report.h"
#include "tests/bench/load/viewer.h"

namespace lectern::bench {

/// All viewers of one run: lets them arrive, measures while all play, lets them go. SIGINT and SIGTERM end
/// the measuring early.
class Crowd {
 public:
  /// Throws std::runtime_error for a URL that is none.
  explicit Crowd(Options options);
  /// Throws std::runtime_error where the host is unknown, descriptors are used up, or the server's process
  /// is gone.
  Report run();

 private:
  void arrive();
  void measure();
  void leave();
  void start_viewer(std::size_t place);
  void retire(std::size_t place);
  void replace_until(std::int64_t now);
  void tell(std::int64_t now);
  [[nodiscard]] bool all_play() const;
  void turn_until(std::int64_t time, const std::function<bool()>& enough);

  const Options options_;
  std::vector<rtsp::Url> urls_;
  Poller poller_;
  Totals totals_;
  Report report_;
  std::vector<std::unique_ptr<Viewer>> viewers_;
  std::mt19937 random_{1};  // the same places in every run
  std::vector<std::int64_t> start_up_, describe_, lateness_, silence_;
  std::int64_t from_us_ = 0, to_us_ = 0;  ///< what is measured
  std::int64_t next_replaced_us_ = 0, next_told_us_ = 0;
  std::size_t replaced_ = 0;
};

}  // namespace lectern::bench
