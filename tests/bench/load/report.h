#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/load/options.h"
#include "tests/bench/load/stream_check.h"

namespace lectern::bench {

/// Of values in any order; 0 where there are none.
struct Spread {
  double median = 0;
  double p99 = 0;
  double most = 0;
};
Spread spread_of(std::vector<std::int64_t> values);

/// What the server's process did while it was measured.
struct ServerReport {
  double cpu_seconds = 0;
  std::uint64_t resident_before = 0;  ///< bytes, before the first viewer
  std::uint64_t resident = 0;         ///< bytes, with all viewers playing, at the end
};

struct Report {
  Options options;
  std::uint64_t viewers = 0;  ///< that were started
  std::uint64_t playing = 0;  ///< that received media
  std::uint64_t failed = 0;
  std::string failure;        ///< of the first that failed
  double seconds = 0;         ///< measured
  Totals totals;              ///< over the whole run
  std::uint64_t packets = 0;  ///< of these, while it was measured
  std::uint64_t bytes = 0;
  Spread start_up_us, describe_us, lateness_us;
  Spread silence_us;            ///< the longest that each viewer was without a packet of one of its tracks
  std::uint64_t own_drops = 0;  ///< datagrams this process did not read in time
  double own_cpu_seconds = 0;
  std::optional<ServerReport> server;

  /// Nothing is missing that the server is to answer for or not.
  [[nodiscard]] bool clean() const;
  /// The viewers' side was the limit, so that the figures are not the server's; empty where it was not.
  [[nodiscard]] std::string own_limit() const;
};

std::string as_json(const Report& report);
/// In one line of JSON, what was received so far; `playing` are those that play now, and
/// `silence_ms` is how long one of them has been without a packet of one of its tracks by now.
std::string as_line(const Report& report);
std::string as_text(const Report& report);

}  // namespace lectern::bench
