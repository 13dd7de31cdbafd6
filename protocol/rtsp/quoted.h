#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"

namespace lectern::rtsp {

/// The parts between separators that stand outside "quoted strings", trimmed, empty ones kept. Errc::invalid
/// for a quote that is never closed. RFC 2068 section 2.2.
Result<std::vector<std::string_view>> split_outside_quotes(std::string_view text, char separator);
/// Without the quotes around it, if there are any.
std::string_view unquote(std::string_view text);

}  // namespace lectern::rtsp
