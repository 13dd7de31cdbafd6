#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace lectern::rtsp {

enum class SmpteRate : std::uint8_t {
  drop_30,  ///< 30000/1001 frames a second; frames 0 and 1 of a minute do not exist, save every tenth minute
  rate_25,
};

/// "hh:mm:ss[:ff[.sub]]", sub in hundredths of a frame (RFC 2326 section 3.5), as microseconds rounded to the
/// nearest. A frame number that dropping leaves out means the first of its minute that exists, as players
/// name whole minutes without one. Errc::invalid otherwise.
Result<std::chrono::microseconds> parse_smpte_time(std::string_view text, SmpteRate rate);
/// The nearest hundredth of a frame; ":ff" and ".sub" only where they are not zero. Below zero is zero.
std::string format_smpte_time(std::chrono::microseconds time, SmpteRate rate);

}  // namespace lectern::rtsp
