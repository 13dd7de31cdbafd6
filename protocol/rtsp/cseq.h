#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/base/result.h"

namespace lectern::rtsp {

/// RFC 2326 section 12.17: digits and nothing else; Errc::invalid otherwise, and over 32 bits.
Result<std::uint32_t> parse_cseq(std::string_view text);

}  // namespace lectern::rtsp
