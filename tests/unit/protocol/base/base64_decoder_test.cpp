#include "protocol/base/base64_decoder.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "tests/support/mutation.h"

using namespace lectern;
using namespace std::string_literals;

namespace {

std::optional<std::string> decoded(const std::string& text, std::size_t piece = std::string::npos) {
  Base64Decoder decoder;
  ByteVector bytes;
  for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at))
    if (!decoder.decode(as_bytes(text).subspan(at, std::min(piece, text.size() - at)), bytes))
      return std::nullopt;
  return std::string(as_text(bytes));
}

}  // namespace

TEST_CASE("base64 decoder: the vectors of RFC 4648 section 10, one behind the other", "[base64]") {
  CHECK(decoded("") == "");
  CHECK(decoded("Zg==") == "f");
  CHECK(decoded("Zm8=") == "fo");
  CHECK(decoded("Zm9v") == "foo");
  CHECK(decoded("Zm9vYg==Zm9vYmE=Zm9vYmFyZg==") == "foobfoobafoobarf");
  CHECK(decoded("+/+/") == "\xfb\xff\xbf");
}

// What coreutils' base64 makes of two requests.
TEST_CASE("base64 decoder: two requests as a tunnel brings them, cut anywhere", "[base64]") {
  const std::string first = "T1BUSU9OUyAqIFJUU1AvMS4wDQpDU2VxOiAxDQoNCg==";
  const std::string second = "T1BUSU9OUyAqIFJUU1AvMS4wDQpDU2VxOiAyMg0KDQo=";
  const std::string plain = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 22\r\n\r\n";
  for (const auto& between : {""s, "\r\n"s, "\n\n"s, " \t"s}) {
    const std::string text = first + between + second;
    for (std::size_t piece = 1; piece <= text.size(); ++piece) CHECK(decoded(text, piece) == plain);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      Base64Decoder decoder;
      ByteVector bytes;
      REQUIRE(decoder.decode(as_bytes(text).first(cut), bytes));
      REQUIRE(decoder.decode(as_bytes(text).subspan(cut), bytes));
      CHECK(as_text(bytes) == plain);
    }
  }
  CHECK(decoded("T1BU\r\nSU9O\r\nUyAq\r\n") == "OPTIONS *");
  CHECK(decoded("Z\ng\n=\n=\nZg==") == "ff");
}

TEST_CASE("base64 decoder: a byte is there with the digit that completes it", "[base64]") {
  CHECK(decoded("Z") == "");
  CHECK(decoded("Zm") == "f");
  CHECK(decoded("Zm8") == "fo");  // padding left out at the end
}

TEST_CASE("base64 decoder: what is no base64 is refused, and nothing is taken behind it", "[base64]") {
  for (const auto& text : {"="s, "Z="s, "Zg=g"s, "Zm9v="s, "Zg==="s, "Zm8=="s, "Zm-v"s, "Zm_v"s,
                           "OPTIONS *;"s, "$\0\0\x08"s, "Zm9v\0"s, "\xff"s, "Zg=\r=g=g"s})
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::string::npos}) {
      CAPTURE(text, piece);
      CHECK_FALSE(decoded(text, piece));
    }
  Base64Decoder decoder;
  ByteVector bytes;
  CHECK_FALSE(decoder.decode(as_bytes("Zm9v!"), bytes));
  CHECK_FALSE(decoder.decode(as_bytes("Zm9v"), bytes));
  CHECK_FALSE(decoder.decode(as_bytes(" "), bytes));
  CHECK(as_text(bytes) == "foo");
}

TEST_CASE("base64 decoder: the same for the same bytes, however they are cut", "[base64]") {
  test::Random random(4648);
  const std::string seed = "T1BUSU9OUyAqIFJUU1AvMS4wDQpDU2VxOiAxDQoNCg==T1BUSU9OUyAqIFJUU1A=";
  for (int round = 0; round < 500; ++round) {
    const std::string text(as_text(test::mutated(as_bytes(seed), random)));
    CAPTURE(text);
    CHECK(decoded(text, 1) == decoded(text));
    CHECK(decoded(text, 1 + random.below(9)) == decoded(text));
  }
}
