#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/rtsp/parser.h"

namespace lectern::rtsp {

/// What came out of a parser, with memory of its own.
struct Frame {
  std::uint8_t channel;
  std::string payload;
  bool operator==(const Frame&) const = default;
};
struct Parsed {
  std::vector<std::variant<Request, Response, Frame>> messages;
  std::optional<Errc> error;
  std::string reason;
  std::optional<std::uint32_t> cseq;
  bool operator==(const Parsed&) const = default;
};

inline bool drain(Parser& parser, Parsed& parsed) {
  while (true) {
    auto next = parser.next();
    if (!next) {
      parsed.error = next.error().code;
      parsed.reason = next.error().message;
      parsed.cseq = parser.error_cseq();
      return false;
    }
    if (!*next) return true;
    if (auto* request = std::get_if<Request>(&**next)) parsed.messages.emplace_back(std::move(*request));
    if (auto* response = std::get_if<Response>(&**next)) parsed.messages.emplace_back(std::move(*response));
    if (auto* frame = std::get_if<Interleaved>(&**next))
      parsed.messages.emplace_back(Frame{frame->channel, std::string(as_text(frame->payload))});
  }
}

/// Feeds `text` in reads of at most `chunk` bytes.
inline Parsed parse_all(std::string_view text, std::size_t chunk = std::string_view::npos,
                        Limits limits = {}) {
  Parser parser{limits};
  Parsed parsed;
  while (!text.empty()) {
    const MutableBytes room = parser.writable();
    const std::size_t size = std::min({chunk, text.size(), room.size()});
    const Bytes bytes = as_bytes(text.substr(0, size));
    std::copy(bytes.begin(), bytes.end(), room.begin());
    parser.commit(size);
    text.remove_prefix(size);
    if (!drain(parser, parsed)) break;
  }
  return parsed;
}

}  // namespace lectern::rtsp
