#pragma once

#include <functional>
#include <string_view>

namespace lectern::media {

enum class LogLevel { error, warning, info, debug };

/// A whole line, without its end, of at most 512 bytes; control characters are escaped as \xNN, since file
/// names and metadata of strangers appear in it. Called on any thread, on several at once; must not throw.
using LogSink = std::function<void(LogLevel level, std::string_view line)>;

/// Sends FFmpeg's log to `sink`, or nowhere where it is empty. To be called before FFmpeg is used; until then
/// FFmpeg writes to standard error.
void route_log(LogSink sink);

}  // namespace lectern::media
