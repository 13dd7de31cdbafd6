#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lectern::server {

/// Insertions, deletions, replacements and swaps of neighbours that make `a` into `b` (optimal string
/// alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that was probably meant by `word`; nullopt where none is near.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

/// " (did you mean source?)", or nothing.
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace lectern::server
