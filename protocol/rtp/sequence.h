#pragma once

#include <cstdint>
#include <optional>

namespace lectern::rtp {

/// The way from `from` to `to` around the circle, -32768 to 32767 (RFC 1982 with SERIAL_BITS 16).
constexpr std::int32_t sequence_distance(std::uint16_t from, std::uint16_t to) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(to - from));
}

/// RFC 1982 section 3.2: whether `a` comes before `b`. Exactly half the circle apart, where the RFC leaves it
/// undefined, neither does.
constexpr bool sequence_less(std::uint16_t a, std::uint16_t b) {
  return sequence_distance(a, b) > 0;
}

/// Gives 16-bit sequence numbers their place in a 64-bit count, next to the highest one seen.
class SequenceUnwrapper {
 public:
  /// The first number stands for itself; each later one is taken as the nearest to the highest so far, so
  /// that a packet from before the first has a negative place.
  constexpr std::int64_t unwrap(std::uint16_t sequence) {
    if (!highest_) {
      highest_ = sequence;
      return sequence;
    }
    const std::int64_t extended =
        *highest_ + sequence_distance(static_cast<std::uint16_t>(*highest_), sequence);
    if (extended > *highest_) highest_ = extended;
    return extended;
  }
  [[nodiscard]] constexpr std::optional<std::int64_t> highest() const { return highest_; }

 private:
  std::optional<std::int64_t> highest_;
};

}  // namespace lectern::rtp
