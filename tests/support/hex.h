#pragma once

#include <string>
#include <string_view>

#include "protocol/base/base64.h"
#include "protocol/base/text.h"

namespace lectern::test {

inline std::string hex(Bytes bytes) {
  return hex_encode(bytes);
}

/// Golden bytes as a test writes them down; blanks are skipped.
inline ByteVector unhex(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c != ' ') digits += c;
  ByteVector bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(
        parse_number<std::uint8_t>(std::string_view(digits).substr(i, 2), 16).value()));
  return bytes;
}

}  // namespace lectern::test
