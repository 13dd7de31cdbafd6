#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/protocol/rtsp/parse_all.h"
#include "tests/unit/protocol/rtsp/samples.h"

using namespace lectern;
using namespace lectern::rtsp;

namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t bound) {
  return random() % bound;
}

/// Flips, inserts, deletes, doubles and splices, with a liking for the bytes that mean something.
std::string mutate(std::string text, Random& random) {
  constexpr std::string_view telling{"\r\n\t :;,=-$/\"%*0129\0\xff", 20};
  for (std::size_t count = 1 + below(random, 4); count > 0; --count) {
    const std::size_t at = below(random, text.size() + 1);
    const auto size = std::min(1 + below(random, 16), text.size() - at);
    switch (below(random, 6)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 1:
        text.insert(at, 1, telling[below(random, telling.size())]);
        break;
      case 2:
        text.erase(at, size);
        break;
      case 3:
        text.insert(at, text.substr(at, size));
        break;
      case 4:
        if (at < text.size()) text[at] = telling[below(random, telling.size())];
        break;
      default: {
        const std::string_view other = samples::messages[below(random, samples::messages.size())].text;
        text.insert(at, other.substr(below(random, other.size()), 1 + below(random, 40)));
      }
    }
  }
  return text;
}

std::string rebuild(const std::variant<Request, Response, Frame>& message) {
  if (const auto* request = std::get_if<Request>(&message)) return serialize(*request);
  if (const auto* response = std::get_if<Response>(&message)) return serialize(*response);
  const auto& frame = std::get<Frame>(message);
  std::string text = "$";
  text += static_cast<char>(frame.channel);
  text += static_cast<char>(frame.payload.size() >> 8);
  text += static_cast<char>(frame.payload.size() & 255);
  return text + frame.payload;
}

}  // namespace

TEST_CASE("rtsp parser: mutated messages are refused or read back the same", "[rtsp][mutation]") {
  Random random{20260101};
  std::size_t refused = 0;
  std::size_t read = 0;
  for (int round = 0; round < 30000; ++round) {
    const auto& sample = samples::messages[below(random, samples::messages.size())];
    const std::string text = mutate(std::string(sample.text), random);
    const Parsed parsed = parse_all(text);
    if (parsed.error) ++refused;
    if (round % 4 == 0 && parse_all(text, 1 + below(random, 7)) != parsed) {
      CAPTURE(text);
      FAIL("differs by the size of the reads");
    }
    for (const auto& message : parsed.messages) {
      ++read;
      const std::string again = rebuild(message);
      const Parsed second = parse_all(again);
      if (second.error || second.messages.size() != 1 || second.messages[0] != message) {
        CAPTURE(text, again, second.reason);
        FAIL("does not read back the same");
      }
    }
  }
  CHECK(refused > 3000);
  CHECK(read > 10000);
}
