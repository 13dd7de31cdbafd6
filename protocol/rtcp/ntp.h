#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace lectern::rtcp {

/// From 1900, where NTP counts from, to 1970, in seconds (RFC 868).
inline constexpr std::int64_t ntp_unix_offset = 2'208'988'800;

/// 32.32 bits of seconds since 1900, modulo 2^32 seconds, from the time since the Unix epoch; rounded to
/// nearest, so that the way there and back is exact.
constexpr std::uint64_t ntp_from_unix(std::chrono::microseconds since_epoch) {
  std::int64_t seconds = since_epoch.count() / 1'000'000;
  std::int64_t micros = since_epoch.count() % 1'000'000;
  if (micros < 0) {
    micros += 1'000'000;
    --seconds;
  }
  const std::uint64_t fraction = ((static_cast<std::uint64_t>(micros) << 32) + 500'000) / 1'000'000;
  return (static_cast<std::uint64_t>(seconds + ntp_unix_offset) << 32) + fraction;
}

/// The time since the Unix epoch, rounded to nearest. Seconds with a clear top bit are those from 2036 on
/// (RFC 4330 section 3).
constexpr std::chrono::microseconds unix_from_ntp(std::uint64_t ntp) {
  auto seconds = static_cast<std::int64_t>(ntp >> 32);
  if (seconds < 0x80000000) seconds += 0x100000000;
  const std::uint64_t micros = ((ntp & 0xffffffff) * 1'000'000 + 0x80000000) >> 32;
  return std::chrono::microseconds((seconds - ntp_unix_offset) * 1'000'000 +
                                   static_cast<std::int64_t>(micros));
}

/// The middle 32 bits, as in last_sr: 16.16 bits of seconds.
constexpr std::uint32_t ntp_mid32(std::uint64_t ntp) {
  return static_cast<std::uint32_t>(ntp >> 16);
}

/// RFC 3550 section 6.4.1: A - LSR - DLSR, all in 1/65536 s. Nothing where the receiver had no SR yet, or
/// where the sum cannot be; never negative.
constexpr std::optional<std::chrono::microseconds> round_trip(std::uint32_t now_mid32, std::uint32_t last_sr,
                                                              std::uint32_t delay_since_last_sr) {
  // On a short way the rounding of the receiver's delay can be longer than the way itself.
  constexpr std::int64_t rounding = 65536 / 100;
  if (last_sr == 0) return std::nullopt;
  const std::uint32_t elapsed = now_mid32 - last_sr;
  // An SR from the future, or one of nine hours ago: of another sender, or made up.
  if (elapsed > 0x7fffffff) return std::nullopt;
  const std::int64_t way = std::int64_t{elapsed} - delay_since_last_sr;
  if (way < -rounding) return std::nullopt;
  return std::chrono::microseconds(way <= 0 ? 0 : (way * 1'000'000 + 0x8000) >> 16);
}

}  // namespace lectern::rtcp
