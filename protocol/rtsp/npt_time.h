#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace lectern::rtsp {

/// Seconds ("12.5") or "hh:mm:ss.frac" (RFC 2326 section 3.6) as microseconds from the beginning;
/// Errc::invalid otherwise. "now" is the range's affair.
Result<std::chrono::microseconds> parse_npt_time(std::string_view text);
/// Seconds with three to six digits behind the point, "0.000": players scan for the point. Below zero is
/// zero.
std::string format_npt_time(std::chrono::microseconds time);

}  // namespace lectern::rtsp
