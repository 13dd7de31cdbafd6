#include <array>

#include "tests/fuzz/target.h"
#include "tests/unit/protocol/rtsp/parse_all.h"

namespace lectern::fuzz {
namespace {

using namespace rtsp;

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

/// The first byte: the size of the reads. Small limits, so that they are met.
void parser(Bytes input) {
  if (input.empty()) return;
  constexpr Limits limits{.line = 256, .header_count = 12, .header_block = 1024, .body = 512};
  const std::string_view text = as_text(input.subspan(1));
  const Parsed whole = parse_all(text, std::string_view::npos, limits);
  ensure(parse_all(text, 1 + u8(input[0]) % 64, limits) == whole, "reads of any size give the same messages");
  for (const auto& message : whole.messages) {
    const Parsed again = parse_all(rebuild(message));
    ensure(!again.error && again.messages.size() == 1 && again.messages[0] == message,
           "a message that is written reads back the same");
  }
}

/// No value, whoever gave it, adds a line to an answer.
void message_writing(Bytes input) {
  ByteReader reader(input);
  Response response;
  response.status = static_cast<StatusCode>(100 + reader.u16() % 500);
  response.reason = as_text(take_piece(reader));
  const std::size_t fields = reader.u8() % 8;
  for (std::size_t i = 0; i < fields; ++i) {
    const std::string name(as_text(take_piece(reader)));
    response.headers.add(name, as_text(take_piece(reader)));
  }
  response.body = as_text(reader.rest().first(std::min<std::size_t>(reader.left(), 4096)));
  if (serialize(response).size() > 16'384) return;  // what the limits of a parser refuse is no message
  const Parsed parsed = parse_all(serialize(response));
  if (parsed.error == Errc::too_large) return;
  ensure(!parsed.error && parsed.messages.size() == 1, "an answer is one message");
  const auto* read = std::get_if<Response>(&parsed.messages[0]);
  ensure(read != nullptr, "an answer is an answer");
  ensure(read->status == response.status && read->body == response.body, "status and body stay");
  ensure(read->headers.size() <= fields + 1, "no header more than were set, and Content-Length");
}

constexpr std::array targets{Target{"rtsp_parser", parser}, Target{"rtsp_message_writing", message_writing}};

}  // namespace

std::span<const Target> message_targets() {
  return targets;
}

}  // namespace lectern::fuzz
