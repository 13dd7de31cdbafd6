#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace lectern::rtsp {

/// "19961108T142300.25Z", UTC (RFC 2326 section 3.7), as microseconds since the Unix epoch; Errc::invalid
/// otherwise. A leap second is the first second after it.
Result<std::chrono::microseconds> parse_clock_time(std::string_view text);
/// The fraction only where it is not zero, up to six digits. For the years 0 to 9999.
std::string format_clock_time(std::chrono::microseconds since_epoch);

}  // namespace lectern::rtsp
