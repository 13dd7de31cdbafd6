#include "protocol/base/base64.h"

#include <algorithm>
#include <array>

#include "protocol/base/base64_decoder.h"
#include "protocol/base/byte_writer.h"
#include "protocol/base/text.h"
#include "tests/fuzz/target.h"

namespace lectern::fuzz {
namespace {

void base64(Bytes input) {
  const auto coded = base64_decode(base64_encode(input));
  ensure(coded && std::equal(coded->begin(), coded->end(), input.begin(), input.end()), "bytes come back");
  const auto decoded = base64_decode(as_text(input));
  if (!decoded) return;
  const auto again = base64_decode(base64_encode(*decoded));
  ensure(again && *again == *decoded, "what was decoded comes back");
}

/// A text that comes in pieces is the same as one that comes at once.
void base64_decoder(Bytes input) {
  if (input.empty()) return;
  const std::size_t piece = 1 + u8(input[0]) % 32;
  const Bytes text = input.subspan(1);
  Base64Decoder whole, cut;
  ByteVector at_once, in_pieces;
  const bool good = whole.decode(text, at_once).ok();
  bool still_good = true;
  for (std::size_t at = 0; at < text.size(); at += piece)
    still_good =
        cut.decode(text.subspan(at, std::min(piece, text.size() - at)), in_pieces).ok() && still_good;
  ensure(good == still_good && at_once == in_pieces, "it does not matter how it is cut");
  const std::string coded = base64_encode(text);
  Base64Decoder again;
  ByteVector back;
  ensure(again.decode(as_bytes(coded), back).ok() && again.decode(as_bytes(coded), back).ok() &&
             back.size() == 2 * text.size() && std::equal(text.begin(), text.end(), back.begin()),
         "bytes come back, twice over padding");
}

void text(Bytes input) {
  const std::string_view all = as_text(input);
  std::string joined;
  const auto parts = split(all, ',');
  for (std::size_t i = 0; i < parts.size(); ++i) joined += (i > 0 ? "," : "") + std::string(parts[i]);
  ensure(joined == all, "parts that are joined are the whole");
  const std::string_view trimmed = trim(all);
  ensure(trim(trimmed) == trimmed, "nothing is left to trim");
  ensure(equals_ignoring_case(all, to_lower(all)), "lower case is the same but for case");
  if (const auto number = parse_number<std::int32_t>(all))
    ensure(parse_number<std::int32_t>(std::to_string(*number)) == number, "a number reads back the same");
}

/// Reads and writes of any size stay within their memory; what was read can be written again.
void bytes(Bytes input) {
  ByteReader sizes(input);
  ByteReader reader(input);
  ByteVector memory(input.size());
  ByteWriter writer(memory);
  while (sizes.left() > 0 && !reader.failed()) {
    const std::size_t size = sizes.u8() % 32;
    const std::size_t before = reader.left();
    const Bytes taken = reader.take(size);
    ensure(reader.failed() == (size > before) && taken.size() == (reader.failed() ? 0 : size),
           "all or nothing");
    writer.bytes(taken);
  }
  ensure(!writer.failed() && (reader.failed() || writer.size() == reader.position()), "what was read fits");
  ensure(std::equal(writer.written().begin(), writer.written().end(), input.begin()), "and is the same");
}

constexpr std::array targets{Target{"base_base64", base64}, Target{"base_base64_decoder", base64_decoder},
                             Target{"base_text", text}, Target{"base_bytes", bytes}};

}  // namespace

std::span<const Target> base_targets() {
  return targets;
}

}  // namespace lectern::fuzz
