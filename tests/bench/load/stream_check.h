#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/base/bytes.h"

namespace lectern::bench {

/// What all viewers together received.
struct Totals {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;       ///< RTP headers and payloads
  std::uint64_t gaps = 0;        ///< places where sequence numbers are missing
  std::uint64_t lost = 0;        ///< sequence numbers that are missing
  std::uint64_t duplicates = 0;  ///< packets that came again or behind a later one
  std::uint64_t malformed = 0;   ///< no RTP, or of another source than the packets before

  bool operator==(const Totals&) const = default;
};

/// The first packet of a unit: the packets of a frame have one RTP time.
struct Unit {
  std::int64_t arrival_us = 0;
  std::int64_t ticks = 0;  ///< RTP time from the first packet on, without wrap
};

/// One RTP stream as one viewer receives it: checks every sequence number, notes when units came.
class StreamCheck {
 public:
  explicit StreamCheck(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

  /// `header` is the beginning of a packet of `size` bytes, at least the 12 of the fixed header where it has
  /// so many.
  void received(Bytes header, std::size_t size, std::int64_t arrival_us, Totals& totals);
  /// The first sequence number as the answer to PLAY names it; may come behind the first packets.
  void announced(std::uint16_t first_sequence, Totals& totals);
  [[nodiscard]] std::optional<std::int64_t> first_arrival_us() const { return first_arrival_us_; }
  /// From now on packets are due: PLAY was answered.
  void expected(std::int64_t now_us);
  /// The longest time without a packet, from `expected` to `until_us`; 0 where none was expected.
  [[nodiscard]] std::int64_t longest_silence_us(std::int64_t until_us) const;
  /// The time without a packet that lasts at `until_us`.
  [[nodiscard]] std::int64_t silence_us(std::int64_t until_us) const;

  /// How much later units came than they were due, in microseconds, for those that came within [from, to).
  ///
  /// A unit is due in decoding order at the pace of the media. RTP time is presentation time, which is not
  /// monotonic where there are B-frames; but the n-th unit that is sent is due at the n-th smallest of the
  /// presentation times, shifted by a constant. That constant is the smallest delay of the window, so that
  /// the result is the packet delay variation of RFC 5481 section 4.2: 0 for the most punctual unit.
  void append_lateness(std::int64_t from_us, std::int64_t to_us, std::vector<std::int64_t>& lateness) const;

 private:
  void note_unit(std::uint32_t timestamp, std::int64_t arrival_us);

  const std::uint32_t clock_rate_;
  std::optional<std::int64_t> first_arrival_us_;
  std::optional<std::int64_t> last_arrival_us_;  ///< or when the first was expected
  std::int64_t longest_silence_us_ = 0;          ///< between packets
  std::uint16_t first_ = 0;
  std::uint16_t next_ = 0;
  std::uint32_t ssrc_ = 0;
  std::uint32_t timestamp_ = 0;
  std::optional<std::uint16_t> announced_;
  std::vector<Unit> units_;
};

}  // namespace lectern::bench
