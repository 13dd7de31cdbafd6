#include "protocol/rtsp/decimal.h"

#include <algorithm>

#include "protocol/base/text.h"

namespace lectern::rtsp {
namespace {

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::int64_t> parse_digits(std::string_view text, std::size_t max_digits) {
  if (text.size() > max_digits || !all_digits(text)) return std::nullopt;
  return parse_number<std::int64_t>(text);
}

std::optional<std::chrono::microseconds> parse_fraction(std::string_view digits) {
  if (!all_digits(digits)) return std::nullopt;
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 6; ++i) value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return std::chrono::microseconds{value};
}

std::string format_fraction(std::chrono::microseconds fraction, std::size_t min_digits) {
  std::string digits = pad(fraction.count(), 6);
  while (digits.size() > min_digits && digits.back() == '0') digits.pop_back();
  return digits;
}

std::string pad(std::int64_t value, std::size_t width) {
  std::string digits = std::to_string(value);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

}  // namespace lectern::rtsp
