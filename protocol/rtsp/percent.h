#pragma once

#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace lectern::rtsp {

/// RFC 3986 section 2.1. "%00" decodes to a NUL, which the caller must look for before it names a file;
/// Errc::invalid for a '%' without two hexadecimal digits.
Result<std::string> percent_decode(std::string_view text);
/// For a path as it stands in Content-Base and RTP-Info: '/' and the unreserved characters stay, and so do
/// those RFC 3986 allows in a path, less ',' and ';', which separate the entries of RTP-Info.
std::string percent_encode_path(std::string_view path);

}  // namespace lectern::rtsp
