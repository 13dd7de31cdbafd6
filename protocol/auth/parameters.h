#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/base/result.h"

namespace lectern::auth {

/// What stands behind the scheme in a challenge or in credentials (RFC 7235 section 2.1): names in lower
/// case, each once, with values free of quotes.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// The most that credentials or a challenge may have, in bytes; what players send has a few hundred.
inline constexpr std::size_t max_header = 4096;

/// `name=token` and `name="quoted \" string"`, separated by commas. Errc::invalid for anything else, for a
/// name that stands twice, and for control characters; Errc::too_large past max_header.
Result<Parameters> parse_parameters(std::string_view text);

/// The value of `name`; nullptr where it is missing.
const std::string* find(const Parameters& parameters, std::string_view name);

/// `"text"`, with a backslash before what would end it.
std::string quote(std::string_view text);

}  // namespace lectern::auth
