#pragma once

#include <string_view>

#include "protocol/base/result.h"

namespace lectern::media {

/// A negative FFmpeg code as an Error: "<what>: <FFmpeg's text>". AVERROR_EOF is Errc::end, ENOENT not_found,
/// EACCES and EPERM denied, broken data invalid, what this FFmpeg was built without unsupported, the rest io.
Error av_error(int code, std::string_view what);

}  // namespace lectern::media
