#include "protocol/rtsp/parser.h"

#include <algorithm>
#include <cstring>

#include "protocol/base/text.h"
#include "protocol/rtsp/cseq.h"

namespace lectern::rtsp {
namespace {

constexpr std::size_t min_read = 1024;
constexpr std::size_t max_read = 64 * 1024;
constexpr std::size_t interleaved_head = 4;
constexpr std::size_t max_interleaved = interleaved_head + 65535;

Error too_large(std::string message) {
  return {Errc::too_large, std::move(message)};
}

bool has_control(std::string_view text, std::string_view allowed) {
  return std::any_of(text.begin(), text.end(), [&](char c) {
    return (static_cast<unsigned char>(c) < ' ' || c == '\x7f') && allowed.find(c) == std::string_view::npos;
  });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "RTSP/1.0" or "HTTP/1.1"; other numbers are well-formed, and the server's to refuse with 505.
bool is_version(std::string_view text) {
  return text.size() == 8 && (text.starts_with("RTSP/") || text.starts_with("HTTP/")) && is_digit(text[5]) &&
         text[6] == '.' && is_digit(text[7]);
}

}  // namespace

std::size_t Parser::capacity_limit() const {
  return limits_.header_block + std::max(limits_.body, max_interleaved) + max_read;
}

MutableBytes Parser::writable() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0 && buffer_.size() - end_ < read_size_) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const std::size_t wanted = std::min(end_ + read_size_, capacity_limit());
  if (buffer_.size() < end_ + min_read && buffer_.size() < wanted) buffer_.resize(wanted);
  return MutableBytes{buffer_}.subspan(end_);
}

void Parser::commit(std::size_t size) {
  size = std::min(size, buffer_.size() - end_);
  // A peer that fills a whole read has more to say: read more at once.
  if (size == buffer_.size() - end_ && read_size_ < max_read) read_size_ *= 2;
  end_ += size;
}

void Parser::release_spare() {
  if (begin_ != end_ || buffer_.size() <= usual_read) return;
  buffer_ = ByteVector();
  begin_ = end_ = scanned_ = 0;
  read_size_ = usual_read;
}

void Parser::consume(std::size_t size) {
  begin_ += size;
  scanned_ = 0;
}

Headers& Parser::headers() {
  return is_response_ ? response_.headers : request_.headers;
}

bool Parser::is_http() const {
  return is_response_ ? response_.is_http() : request_.is_http();
}

Error Parser::fail(Error error) {
  if (stage_ == Stage::header || stage_ == Stage::body) {
    error_is_http_ = is_http();
    if (const auto text = headers().get("CSeq"))
      if (const auto cseq = parse_cseq(*text)) error_cseq_ = *cseq;
  }
  stage_ = Stage::failed;
  error_ = std::move(error);
  return error_;
}

bool Parser::skip_to_message() {
  while (begin_ < end_ && (u8(buffer_[begin_]) == '\r' || u8(buffer_[begin_]) == '\n')) consume(1);
  return begin_ < end_;
}

std::optional<Interleaved> Parser::take_interleaved() {
  const Bytes bytes = pending();
  if (bytes.size() < interleaved_head) return std::nullopt;
  const std::size_t size = static_cast<std::size_t>(u8(bytes[2])) << 8 | u8(bytes[3]);
  if (bytes.size() - interleaved_head < size) return std::nullopt;
  consume(interleaved_head + size);
  return Interleaved{u8(bytes[1]), bytes.subspan(interleaved_head, size)};
}

Result<std::optional<std::string_view>> Parser::take_line() {
  const std::string_view text = as_text(pending());
  const std::size_t end = text.find('\n', scanned_);
  const std::size_t limit = limits_.line + 2;
  if (end == std::string_view::npos) {
    scanned_ = text.size();
    if (text.size() >= limit) return too_large("a line is longer than the limit");
    if (block_size_ + text.size() > limits_.header_block) return too_large("the headers exceed their limit");
    return std::optional<std::string_view>{};
  }
  if (end >= limit) return too_large("a line is longer than the limit");
  block_size_ += end + 1;
  if (block_size_ > limits_.header_block) return too_large("the headers exceed their limit");
  consume(end + 1);
  std::string_view line = text.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > limits_.line) return too_large("a line is longer than the limit");
  return std::optional{line};
}

Status Parser::read_request_line(std::string_view line) {
  // From both ends, as sloppy players send blanks inside a URL.
  const std::size_t method_end = line.find(' ');
  const std::size_t version_begin = line.rfind(' ');
  if (method_end == std::string_view::npos) return invalid("request line: no blank");
  const std::string_view method = line.substr(0, method_end);
  const std::string_view version = line.substr(version_begin + 1);
  if (!is_token(method)) return invalid("request line: the method is not a token");
  if (!is_version(version)) return invalid("request line: no version");
  request_ = {};
  request_.method_name = method;
  request_.method = parse_method(method);
  request_.version = version;
  if (version_begin > method_end) request_.url = trim(line.substr(method_end, version_begin - method_end));
  return {};
}

Status Parser::read_status_line(std::string_view line) {
  const std::string_view version = line.substr(0, 8);
  if (!is_version(version)) return invalid("status line: no version");
  if (line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' '))
    return invalid("status line: no three-digit code");
  const std::string_view digits = line.substr(9, 3);
  const auto code = parse_number<std::uint16_t>(digits);
  if (!code || *code < 100) return invalid("status line: no three-digit code");
  response_ = {};
  response_.version = version;
  response_.status = static_cast<StatusCode>(*code);
  response_.reason = trim(line.substr(12));
  if (response_.reason.empty()) response_.reason = reason(response_.status);
  return {};
}

Status Parser::read_start_line(std::string_view line) {
  if (has_control(line, "")) return invalid("start line: control character");
  line = trim(line);
  is_response_ = line.starts_with("RTSP/") || line.starts_with("HTTP/");
  if (auto status = is_response_ ? read_status_line(line) : read_request_line(line); !status) return status;
  stage_ = Stage::header;
  return {};
}

Status Parser::read_header_line(std::string_view line) {
  if (has_control(line, "\t")) return invalid("header: control character");
  if (line.front() == ' ' || line.front() == '\t') {
    if (headers().empty()) return invalid("header: a folded line without one before it");
    std::string& value = headers().back().value;
    const std::string_view more = trim(line);
    if (!value.empty() && !more.empty()) value += ' ';
    value += more;
    return {};
  }
  const auto halves = split_once(line, ':');
  if (!halves) return invalid("header: no colon");
  const std::string_view name = trim(halves->first);
  if (!is_token(name)) return invalid("header: the name is not a token");
  if (headers().size() == limits_.header_count) return too_large("too many headers");
  headers().add(name, trim(halves->second));
  return {};
}

Status Parser::finish_headers() {
  body_size_ = 0;
  const auto lengths = headers().get_all("Content-Length");
  if (lengths.size() > 1) return invalid("Content-Length: given twice");
  if (!lengths.empty()) {
    const auto size = parse_number<std::uint64_t>(lengths.front());
    if (!size) return invalid("Content-Length: not a number");
    headers().set("Content-Length", std::to_string(*size));
    if (!is_http()) {
      if (*size > limits_.body) return too_large("Content-Length: over the limit");
      body_size_ = static_cast<std::size_t>(*size);
    }
  }
  stage_ = Stage::body;
  return {};
}

Status Parser::read_head() {
  while (stage_ == Stage::start_line || stage_ == Stage::header) {
    const auto line = take_line();
    if (!line) return line.error();
    if (!*line) return {};
    const std::string_view text = **line;
    Status status = stage_ == Stage::start_line ? read_start_line(text)
                    : text.empty()              ? finish_headers()
                                                : read_header_line(text);
    if (!status) return status;
  }
  return {};
}

std::optional<Message> Parser::take_message() {
  if (stage_ != Stage::body || pending().size() < body_size_) return std::nullopt;
  std::string& body = is_response_ ? response_.body : request_.body;
  body = as_text(pending().first(body_size_));
  consume(body_size_);
  stage_ = Stage::between;
  if (is_response_) return std::move(response_);
  return std::move(request_);
}

Result<std::optional<Message>> Parser::next() {
  if (stage_ == Stage::failed) return error_;
  if (stage_ == Stage::between) {
    if (!skip_to_message()) return std::optional<Message>{};
    if (u8(buffer_[begin_]) == '$') {
      if (auto frame = take_interleaved()) return std::optional<Message>{*frame};
      return std::optional<Message>{};
    }
    stage_ = Stage::start_line;
    block_size_ = 0;
  }
  if (auto status = read_head(); !status) return fail(std::move(status).error());
  return take_message();
}

ByteVector Parser::take_rest() {
  const Bytes rest = pending();
  ByteVector bytes(rest.begin(), rest.end());
  begin_ = end_ = scanned_ = 0;
  return bytes;
}

}  // namespace lectern::rtsp
