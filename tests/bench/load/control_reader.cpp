#include "tests/bench/load/control_reader.h"

#include <algorithm>
#include <charconv>

namespace lectern::bench {
namespace {

constexpr std::size_t frame_header = 4;  // '$', channel, length (RFC 2326 section 10.12)
constexpr std::size_t wanted_head = 12;  // the fixed RTP header
constexpr std::string_view end_of_headers = "\r\n\r\n";

}  // namespace

Status ControlReader::feed(Bytes bytes) {
  const std::size_t skipped = std::min(skip_, bytes.size());
  skip_ -= skipped;
  bytes = bytes.subspan(skipped);
  const bool begun = !partial_.empty();
  if (begun) {
    partial_.insert(partial_.end(), bytes.begin(), bytes.end());
    bytes = partial_;
  }
  while (!bytes.empty()) {
    const auto taken = take(bytes);
    if (!taken) return taken.error();
    if (*taken == 0) break;
    bytes = bytes.subspan(*taken);
  }
  ByteVector rest(bytes.begin(), bytes.end());
  partial_.swap(rest);
  return {};
}

Result<std::size_t> ControlReader::take(Bytes bytes) {
  if (bytes[0] != std::byte{'$'}) return take_response(bytes);
  if (bytes.size() < frame_header) return std::size_t{0};
  const std::size_t size = std::size_t{u8(bytes[2])} << 8 | u8(bytes[3]);
  const Bytes data = bytes.subspan(frame_header, std::min(size, bytes.size() - frame_header));
  if (data.size() < std::min(size, wanted_head)) return std::size_t{0};
  on_frame_(u8(bytes[1]), data, size);
  skip_ = size - data.size();
  return frame_header + data.size();
}

Result<std::size_t> ControlReader::take_response(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  const std::size_t head = text.find(end_of_headers);
  if (head == std::string_view::npos) return std::size_t{0};
  rtsp::Parser parser;
  std::size_t fed = 0;
  while (true) {
    auto message = parser.next();
    if (!message) return std::move(message).error();
    if (*message) {
      const auto* response = std::get_if<rtsp::Response>(&**message);
      if (!response) return invalid("the server sent a request");
      on_response_(*response);
      return fed;
    }
    if (fed == bytes.size()) return std::size_t{0};
    // No more than the head at first: what follows the message must not end up in the parser.
    const std::size_t whole = head + end_of_headers.size();
    const MutableBytes room = parser.writable();
    const std::size_t size =
        fed < whole ? std::min(whole - fed, room.size()) : std::min<std::size_t>(1, room.size());
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(fed), size, room.begin());
    parser.commit(size);
    fed += size;
  }
}

}  // namespace lectern::bench
