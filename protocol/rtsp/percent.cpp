#include "protocol/rtsp/percent.h"

#include "protocol/base/bytes.h"
#include "protocol/base/text.h"

namespace lectern::rtsp {
namespace {

bool stays(char c) {
  constexpr std::string_view others = "-._~/!$&()*+=:@";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    const auto value = parse_number<std::uint8_t>(digits, 16);
    if (digits.size() != 2 || !value) return invalid("URL: '%' without two hexadecimal digits");
    out += static_cast<char>(*value);
    i += 2;
  }
  return out;
}

std::string percent_encode_path(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    if (stays(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace lectern::rtsp
