#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "protocol/rtcp/report_block.h"

namespace lectern::rtcp {

/// How one receiver gets the stream that we send it, as its report blocks tell.
class ReceptionQuality {
 public:
  /// `clock_rate` in Hz; 0 leaves jitter at 0.
  ReceptionQuality(std::uint32_t ssrc, std::uint32_t clock_rate) : ssrc_(ssrc), clock_rate_(clock_rate) {}

  /// False, and nothing kept, where the block is about another source. `now_mid32` is the middle of the NTP
  /// time at which it came in.
  bool update(const ReportBlock& block, std::uint32_t now_mid32);

  [[nodiscard]] std::uint64_t reports() const { return reports_; }
  /// Of the last interval reported, 0 to 1.
  [[nodiscard]] double fraction_lost() const { return fraction_lost_ / 256.0; }
  [[nodiscard]] double max_fraction_lost() const { return max_fraction_lost_ / 256.0; }
  /// Packets; negative where duplicates outnumber losses.
  [[nodiscard]] std::int32_t cumulative_lost() const { return cumulative_lost_; }
  [[nodiscard]] std::uint32_t extended_highest_sequence() const { return extended_highest_sequence_; }
  [[nodiscard]] std::chrono::microseconds jitter() const { return jitter_; }
  [[nodiscard]] std::chrono::microseconds max_jitter() const { return max_jitter_; }
  /// The last that could be computed: nothing before the receiver answered a sender report.
  [[nodiscard]] std::optional<std::chrono::microseconds> round_trip_time() const { return round_trip_; }
  [[nodiscard]] std::optional<std::chrono::microseconds> max_round_trip_time() const {
    return max_round_trip_;
  }

 private:
  std::uint32_t ssrc_;
  std::uint32_t clock_rate_;
  std::uint64_t reports_ = 0;
  std::uint8_t fraction_lost_ = 0;
  std::uint8_t max_fraction_lost_ = 0;
  std::int32_t cumulative_lost_ = 0;
  std::uint32_t extended_highest_sequence_ = 0;
  std::chrono::microseconds jitter_{};
  std::chrono::microseconds max_jitter_{};
  std::optional<std::chrono::microseconds> round_trip_;
  std::optional<std::chrono::microseconds> max_round_trip_;
};

}  // namespace lectern::rtcp
