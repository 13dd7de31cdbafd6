#include "protocol/base/base64.h"

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

/// The first byte: the size of the pieces in which the text of a tunnel comes.
void base64_stream(Bytes input) {
  if (input.empty()) return;
  const std::size_t step = 1 + u8(input[0]) % 16u;
  const auto decode = [](Bytes text, std::size_t size) {
    Base64Decoder decoder;
    ByteVector bytes;
    bool good = true;
    for (; !text.empty(); text = text.subspan(std::min(size, text.size())))
      good = decoder.decode(text.first(std::min(size, text.size())), bytes).ok() && good;
    return good ? std::optional(bytes) : std::nullopt;
  };
  const Bytes text = input.subspan(1);
  ensure(decode(text, step) == decode(text, std::max<std::size_t>(text.size(), 1)), "pieces give the same");
  const std::string coded = base64_encode(text);
  const auto back = decode(as_bytes(coded), step);
  ensure(back && std::equal(back->begin(), back->end(), text.begin(), text.end()), "bytes come back");
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

constexpr std::array targets{Target{"base_base64", base64}, Target{"base_base64_stream", base64_stream},
                             Target{"base_text", text}, Target{"base_bytes", bytes}};

}  // namespace

std::span<const Target> base_targets() {
  return targets;
}

}  // namespace lectern::fuzz
