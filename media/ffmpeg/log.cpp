#include "media/ffmpeg/log.h"

#include <array>
#include <cstdarg>
#include <exception>
#include <memory>
#include <mutex>
#include <string>

extern "C" {
#include <libavutil/log.h>
}

namespace lectern::media {
namespace {

constexpr std::size_t most_line = 512;

struct Route {
  std::mutex mutex;
  std::shared_ptr<const LogSink> sink;
};

Route& route() {
  static Route instance;
  return instance;
}

/// FFmpeg builds a line from several calls, each on the same thread.
struct PendingLine {
  std::string text;
  int print_prefix = 1;
};

LogLevel level_of(int level) {
  if (level <= AV_LOG_ERROR) return LogLevel::error;
  if (level <= AV_LOG_WARNING) return LogLevel::warning;
  return level <= AV_LOG_INFO ? LogLevel::info : LogLevel::debug;
}

void append_escaped(std::string& line, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7f) {
    if (line.size() < most_line) line += c;
  } else if (line.size() + 4 <= most_line) {
    line += "\\x";
    line += digits[byte >> 4];
    line += digits[byte & 0xf];
  }
}

void tell(void* source, int level, const char* format, va_list arguments) {
  std::shared_ptr<const LogSink> sink;
  {
    const std::lock_guard lock(route().mutex);
    sink = route().sink;
  }
  if (!sink) return;
  thread_local PendingLine pending;
  std::array<char, 2 * most_line> text{};
  av_log_format_line2(source, level, format, arguments, text.data(), text.size(), &pending.print_prefix);
  for (const char c : std::string_view(text.data())) {
    if (c != '\n') {
      append_escaped(pending.text, c);
      continue;
    }
    if (!pending.text.empty()) (*sink)(level_of(level), pending.text);
    pending.text.clear();
  }
}

void callback(void* source, int level, const char* format, va_list arguments) {
  // The upper bits carry a tint.
  level &= 0xff;
  if (level > av_log_get_level()) return;
  try {
    tell(source, level, format, arguments);
  } catch (const std::exception&) {
    // FFmpeg's frames are C: a line is lost rather than that they are left in the middle.
  }
}

}  // namespace

void route_log(LogSink sink) {
  {
    const std::lock_guard lock(route().mutex);
    route().sink = sink ? std::make_shared<const LogSink>(std::move(sink)) : nullptr;
  }
  av_log_set_callback(callback);
}

}  // namespace lectern::media
