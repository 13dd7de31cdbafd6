#include "server/log/escape.h"

#include <algorithm>
#include <cstdint>

namespace lectern::server {
namespace {

struct Character {
  std::size_t size = 1;      ///< bytes it takes
  char32_t code = 0xfffd;    ///< its code point
  bool well_formed = false;  ///< by RFC 3629: no overlong form, no surrogate, not past U+10FFFF
};

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
  char32_t code = lead & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (overlong || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return {};
  return {size, code, true};
}

bool printable(char32_t code) {
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return false;
  const bool line_or_direction = (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
                                 code == 0x200e || code == 0x200f;
  return !line_or_direction;
}

std::string escape_bytes(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += "\\x";
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string escape_character(std::string_view bytes, const Character& character) {
  if (!character.well_formed) return escape_bytes(bytes);
  switch (character.code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\\':
      return "\\\\";
    default:
      return printable(character.code) ? std::string(bytes) : escape_bytes(bytes);
  }
}

/// The end of the user name and password at the start of `rest` (the text behind "://"), 0 where none.
std::size_t userinfo_size(std::string_view rest) {
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t\r\n\"'<>"));
  const std::size_t authority_end = std::min(word.find_first_of("/?#"), word.size());
  const std::string_view authority = word.substr(0, authority_end);
  if (const auto at = authority.rfind('@'); at != authority.npos) return at + 1;
  // What stands behind the colon and is no port is a password that was cut by its own slash.
  const auto colon = authority.find(':');
  if (authority.empty() || authority.front() == '[' || colon == authority.npos) return 0;
  if (authority.find_first_not_of("0123456789", colon + 1) == authority.npos) return 0;
  const auto at = word.rfind('@');
  return at == word.npos ? 0 : at + 1;
}

}  // namespace

std::string escape(std::string_view text, std::size_t max_length) {
  std::string out;
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::string piece = escape_character(text.substr(0, character.size), character);
    if (out.size() + piece.size() > max_length) return out + "…";
    out += piece;
    text.remove_prefix(character.size);
  }
  return out;
}

std::string strip_userinfo(std::string_view text) {
  static constexpr std::string_view separator = "://";
  std::string out;
  for (auto found = text.find(separator); found != text.npos; found = text.find(separator)) {
    out += text.substr(0, found + separator.size());
    text.remove_prefix(found + separator.size());
    text.remove_prefix(userinfo_size(text));
  }
  out += text;
  return out;
}

}  // namespace lectern::server
