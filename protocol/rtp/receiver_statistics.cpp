#include "protocol/rtp/receiver_statistics.h"

#include <algorithm>

namespace lectern::rtp {

namespace {
constexpr std::uint32_t sequence_modulus = 1u << 16;
// Past every sequence number, so that no packet matches it.
constexpr std::uint32_t no_sequence = sequence_modulus + 1;
}  // namespace

void ReceiverStatistics::restart(std::uint16_t sequence) {
  base_sequence_ = sequence;
  max_sequence_ = sequence;
  bad_sequence_ = no_sequence;
  cycles_ = 0;
  received_ = 0;
  received_prior_ = 0;
  expected_prior_ = 0;
  // After a restart the timestamps begin anywhere: the old transit time would show as jitter.
  has_transit_ = false;
}

bool ReceiverStatistics::update_sequence(std::uint16_t sequence) {
  if (!started_) {
    started_ = true;
    restart(sequence);
    max_sequence_ = static_cast<std::uint16_t>(sequence - 1);
    probation_ = min_sequential;
  }
  const auto delta = static_cast<std::uint16_t>(sequence - max_sequence_);
  if (probation_ > 0) {
    const bool in_order = delta == 1;
    max_sequence_ = sequence;
    if (!in_order) {
      probation_ = min_sequential - 1;
      return false;
    }
    if (--probation_ > 0) return false;
    restart(sequence);
    return true;
  }
  if (delta < max_dropout) {
    if (sequence < max_sequence_) cycles_ += sequence_modulus;
    max_sequence_ = sequence;
  } else if (delta <= sequence_modulus - max_misorder) {
    if (sequence != bad_sequence_) {
      bad_sequence_ = static_cast<std::uint16_t>(sequence + 1);
      return false;
    }
    restart(sequence);
  }
  return true;
}

bool ReceiverStatistics::received(const Header& header, std::chrono::microseconds arrival) {
  if (!update_sequence(header.sequence)) return false;
  ++received_;
  update_jitter(header.timestamp, arrival);
  return true;
}

void ReceiverStatistics::update_jitter(std::uint32_t timestamp, std::chrono::microseconds arrival) {
  // Seconds and the rest apart: microseconds times a clock rate may pass 64 bits.
  const auto micros = static_cast<std::uint64_t>(arrival.count());
  const std::uint64_t ticks = micros / 1'000'000 * clock_rate_ + micros % 1'000'000 * clock_rate_ / 1'000'000;
  const std::uint32_t transit = static_cast<std::uint32_t>(ticks) - timestamp;
  const auto change = static_cast<std::int32_t>(transit - transit_);
  transit_ = transit;
  if (!has_transit_) {
    has_transit_ = true;
    return;
  }
  if (clock_rate_ == 0) return;
  const auto distance = static_cast<std::uint64_t>(change < 0 ? -std::int64_t{change} : change);
  jitter_ += distance - ((jitter_ + 8) >> 4);
}

void ReceiverStatistics::received_sender_report(std::uint32_t ntp_mid32, std::chrono::microseconds arrival) {
  has_sender_report_ = true;
  last_sr_ = ntp_mid32;
  last_sr_arrival_ = arrival;
}

std::int64_t ReceiverStatistics::expected() const {
  return std::int64_t{extended_highest_sequence()} - base_sequence_ + 1;
}

rtcp::ReportBlock ReceiverStatistics::report(std::chrono::microseconds now) {
  rtcp::ReportBlock block;
  block.ssrc = ssrc_;
  if (valid()) {
    const std::int64_t expected_now = expected();
    const std::int64_t lost = expected_now - static_cast<std::int64_t>(received_);
    block.cumulative_lost = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(lost, rtcp::min_cumulative_lost, rtcp::max_cumulative_lost));
    const std::int64_t expected_interval = expected_now - expected_prior_;
    const std::int64_t lost_interval =
        expected_interval - static_cast<std::int64_t>(received_ - received_prior_);
    // All of an interval lost is 256/256, which eight bits cannot say.
    if (expected_interval > 0 && lost_interval > 0)
      block.fraction_lost =
          static_cast<std::uint8_t>(std::min<std::int64_t>(255, 256 * lost_interval / expected_interval));
    expected_prior_ = expected_now;
    received_prior_ = received_;
    block.extended_highest_sequence = extended_highest_sequence();
    block.jitter = jitter();
  }
  if (has_sender_report_) {
    const auto delay = std::max<std::int64_t>(0, (now - last_sr_arrival_).count());
    block.last_sr = last_sr_;
    // The field ends at 18 hours; seconds and the rest apart, as above.
    const std::int64_t units = delay / 1'000'000 >= 65536
                                   ? std::int64_t{0xffffffff}
                                   : delay / 1'000'000 * 65536 + delay % 1'000'000 * 65536 / 1'000'000;
    block.delay_since_last_sr = static_cast<std::uint32_t>(units);
  }
  return block;
}

}  // namespace lectern::rtp
