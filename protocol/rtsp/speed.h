#pragma once

#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace lectern::rtsp {

/// RFC 2326 section 12.34: ["-"] digits ["." digits], not zero. Errc::invalid otherwise: no blanks,
/// exponents, nan.
Result<double> parse_scale(std::string_view text);
/// RFC 2326 section 12.35: as Scale, without a sign.
Result<double> parse_speed(std::string_view text);
/// The shortest decimal that reads back as the same value, whatever the locale: "1", "-1.5".
std::string format_scale(double value);

}  // namespace lectern::rtsp
