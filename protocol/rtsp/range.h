#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace lectern::rtsp {

enum class RangeUnit : std::uint8_t { npt, smpte, smpte_30_drop, smpte_25, clock };

/// A Range header. Microseconds from the beginning, for clock since the Unix epoch. No start and not now: npt
/// "-end". No end: to the end, or for ever. The end may lie before the start (backwards, with a negative
/// Scale).
struct Range {
  RangeUnit unit = RangeUnit::npt;
  std::optional<std::chrono::microseconds> start;
  std::optional<std::chrono::microseconds> end;
  bool now = false;  ///< npt "now-": the live edge

  bool operator==(const Range&) const = default;
};

/// RFC 2326 section 12.29; `;time=` is passed over. Errc::invalid for what is malformed (answer 457).
Result<Range> parse_range(std::string_view text);
std::string serialize(const Range& range);

}  // namespace lectern::rtsp
