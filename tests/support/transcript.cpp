#include "tests/support/transcript.h"

namespace lectern::test {

Transcript& Transcript::current() {
  static thread_local Transcript transcript;
  return transcript;
}

std::string printable(std::string_view bytes, std::size_t most) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == most) return out + "... (" + std::to_string(bytes.size()) + " bytes)";
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte >= 0x20 && byte < 0x7f) {
      out += bytes[i];
    } else {
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

void Transcript::sent(std::string_view who, std::string_view bytes) {
  add("> ", who, bytes);
}
void Transcript::received(std::string_view who, std::string_view bytes) {
  add("< ", who, bytes);
}
void Transcript::note(std::string_view line) {
  text_.append("  -- ").append(line).append("\n");
}

void Transcript::add(std::string_view mark, std::string_view who, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size() && text_.size() < 60'000;) {
    const auto end = std::min(bytes.find('\n', at), bytes.size() - 1) + 1;
    auto line = bytes.substr(at, end - at);
    at = end;
    if (line.ends_with("\r\n")) line.remove_suffix(2);
    text_.append(who).append(" ").append(mark).append(printable(line)).append("\n");
  }
}

}  // namespace lectern::test
