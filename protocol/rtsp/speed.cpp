#include "protocol/rtsp/speed.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/base/text.h"

namespace lectern::rtsp {
namespace {

constexpr std::size_t max_digits = 15;  // what a double holds exactly

bool is_decimal(std::string_view text) {
  const auto digits = [](std::string_view part) {
    return !part.empty() &&
           std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const auto halves = split_once(text, '.');
  if (!halves) return digits(text);
  return digits(halves->first) && (halves->second.empty() || digits(halves->second));
}

Result<double> parse_positive(std::string_view text, const char* header) {
  double value = 0;
  if (text.size() > max_digits || !is_decimal(text))
    return invalid(std::string(header) + ": not a decimal number");
  std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (!(value > 0)) return invalid(std::string(header) + ": zero");
  return value;
}

}  // namespace

Result<double> parse_scale(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto value = parse_positive(negative ? text.substr(1) : text, "Scale");
  if (!value) return value.error();
  return negative ? -*value : *value;
}

Result<double> parse_speed(std::string_view text) {
  return parse_positive(text, "Speed");
}

std::string format_scale(double value) {
  std::array<char, 512> text{};  // any double in fixed notation
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  return {text.data(), end};
}

}  // namespace lectern::rtsp
