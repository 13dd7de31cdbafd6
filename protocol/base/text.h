#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// ASCII only: header names, schemes and parameter names are.
std::string to_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);
/// Without the blanks and tabs at both ends.
std::string_view trim(std::string_view text);
/// The parts between separators, not trimmed, empty ones kept: split("a,,b", ',') is a, "", b.
std::vector<std::string_view> split(std::string_view text, char separator);
/// The text before and after the first separator; nullopt where there is none.
std::optional<std::pair<std::string_view, std::string_view>> split_once(std::string_view text,
                                                                        char separator);

/// The whole of `text` as a decimal number; nullopt for signs on unsigned types, blanks, junk and overflow.
template <typename Integer>
std::optional<Integer> parse_number(std::string_view text, int base = 10) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace lectern
