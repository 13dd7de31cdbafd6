#include "protocol/rtsp/quoted.h"

#include "protocol/base/text.h"

namespace lectern::rtsp {

Result<std::vector<std::string_view>> split_outside_quotes(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] != separator || quoted) continue;
    parts.push_back(trim(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  if (quoted) return invalid("header: a quote is not closed");
  parts.push_back(trim(text.substr(begin)));
  return parts;
}

std::string_view unquote(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

}  // namespace lectern::rtsp
