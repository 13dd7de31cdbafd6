#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lectern::rtsp {

/// Digits only, at least one and at most max_digits; nullopt otherwise.
std::optional<std::int64_t> parse_digits(std::string_view text, std::size_t max_digits);
/// The digits behind a decimal point as microseconds: "5" is 500000. Those past the sixth are cut off, none
/// is 0; nullopt for anything but digits.
std::optional<std::chrono::microseconds> parse_fraction(std::string_view digits);
/// The other way: at least min_digits of the six, trailing zeros beyond those trimmed. `fraction` below a
/// second.
std::string format_fraction(std::chrono::microseconds fraction, std::size_t min_digits);
/// With leading zeros up to `width`.
std::string pad(std::int64_t value, std::size_t width);

}  // namespace lectern::rtsp
