#include "protocol/base/base64_decoder.h"

#include <array>
#include <string_view>

namespace lectern {
namespace {

constexpr std::int8_t foreign = -1, blank = -2, pad = -3;

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(foreign);
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  for (const char c : {'\r', '\n', ' ', '\t'}) values[static_cast<unsigned char>(c)] = blank;
  values['='] = pad;
  return values;
}

constexpr std::array<std::int8_t, 256> values = make_values();

}  // namespace

Status Base64Decoder::decode(Bytes text, ByteVector& to) {
  for (const std::byte c : text) {
    const std::int8_t value = values[u8(c)];
    if (value == blank && !failed_) continue;
    const bool fits = value == pad ? digits_ >= 2 : value >= 0 && !padding_;
    if (failed_ || !fits) {
      failed_ = true;
      return invalid(value == pad ? "base64: padding where nothing is padded"
                                  : "base64: a character outside the alphabet");
    }
    padding_ = value == pad;
    if (!padding_) {
      bits_ = bits_ << 6 | static_cast<std::uint32_t>(value);
      // 6, 12, 18 and 24 bits: the second digit completes the first byte, and so on.
      if (digits_ > 0) to.push_back(static_cast<std::byte>(bits_ >> (6 - 2 * digits_)));
    }
    if (++digits_ == 4) {
      digits_ = 0;
      padding_ = false;
    }
  }
  return {};
}

}  // namespace lectern
