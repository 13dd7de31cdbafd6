#pragma once

#include <chrono>
#include <cstdint>

#include "protocol/rtcp/report_block.h"
#include "protocol/rtp/header.h"

namespace lectern::rtp {

/// What a receiver knows of one source: RFC 3550 appendices A.1 (validity and sequence), A.3 (loss) and A.8
/// (jitter). Time is a monotonic clock of the caller's; no allocation.
class ReceiverStatistics {
 public:
  /// A source is believed after this many packets in order; until then it counts as noise.
  static constexpr unsigned min_sequential = 2;
  static constexpr unsigned max_dropout = 3000;
  static constexpr unsigned max_misorder = 100;

  /// `clock_rate` in Hz; 0 leaves jitter at 0.
  ReceiverStatistics(std::uint32_t ssrc, std::uint32_t clock_rate) : ssrc_(ssrc), clock_rate_(clock_rate) {}

  /// False where the packet must not be used: the source is on probation, or its number jumped too far.
  /// Two packets in order after a jump count as a restart of the sender, and begin anew.
  bool received(const Header& header, std::chrono::microseconds arrival);
  /// A sender report of the source came in; `ntp_mid32` is the middle of its NTP time.
  void received_sender_report(std::uint32_t ntp_mid32, std::chrono::microseconds arrival);

  /// The report block of the time since the last call; the next interval begins.
  rtcp::ReportBlock report(std::chrono::microseconds now);

  [[nodiscard]] bool valid() const { return started_ && probation_ == 0; }
  [[nodiscard]] std::uint32_t extended_highest_sequence() const { return cycles_ + max_sequence_; }
  [[nodiscard]] std::uint64_t packets_received() const { return received_; }
  /// In ticks of the RTP clock.
  [[nodiscard]] std::uint32_t jitter() const { return static_cast<std::uint32_t>(jitter_ >> 4); }

 private:
  void restart(std::uint16_t sequence);
  bool update_sequence(std::uint16_t sequence);
  void update_jitter(std::uint32_t timestamp, std::chrono::microseconds arrival);
  [[nodiscard]] std::int64_t expected() const;

  std::uint32_t ssrc_;
  std::uint32_t clock_rate_;
  bool started_ = false;
  unsigned probation_ = min_sequential;
  std::uint16_t max_sequence_ = 0;
  std::uint32_t cycles_ = 0;  // times 65536
  std::uint32_t base_sequence_ = 0;
  std::uint32_t bad_sequence_ = 0;
  std::uint64_t received_ = 0;
  std::int64_t expected_prior_ = 0;
  std::uint64_t received_prior_ = 0;
  bool has_transit_ = false;
  std::uint32_t transit_ = 0;
  std::uint64_t jitter_ = 0;  // times 16
  bool has_sender_report_ = false;
  std::uint32_t last_sr_ = 0;
  std::chrono::microseconds last_sr_arrival_{};
};

}  // namespace lectern::rtp
