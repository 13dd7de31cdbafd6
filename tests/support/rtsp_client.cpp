#include "tests/support/rtsp_client.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

#include "tests/support/transcript.h"

namespace lectern::test {

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
}

std::string Answer::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return {};
}

bool Answer::has(std::string_view name) const {
  return std::ranges::any_of(headers, [&](const auto& entry) { return same_name(entry.first, name); });
}

std::string Answer::session() const {
  const auto value = header("Session");
  return std::string(trimmed(value.substr(0, value.find(';'))));
}

RtspClient::RtspClient(const std::string& host, std::uint16_t port, const std::string& source,
                       int receive_buffer) {
  const auto peer = Address::of(host, port);
  socket_ = Socket(::socket(peer.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer)
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (!source.empty()) {
    const auto own = Address::of(source, 0);
    if (::bind(socket_.fd(), own.raw(), own.size) != 0) throw std::runtime_error("cannot bind to " + source);
  }
  // A server that stops accepting or reading must not hang the test.
  const timeval patience{2, 0};
  ::setsockopt(socket_.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket_.fd(), peer.raw(), peer.size) != 0)
    throw std::runtime_error("the server refuses connections");
  name_ = "[" + std::to_string(local_port(socket_)) + "]";
}

RtspClient RtspClient::over_tls(const std::string& host, std::uint16_t port, int receive_buffer,
                                const std::string& source) {
  RtspClient client(host, port, source, receive_buffer);
  const timeval patience{5, 0};
  ::setsockopt(client.socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  client.tls_ = std::make_unique<TlsClient>(client.socket_.fd());
  return client;
}

void RtspClient::send(std::string_view bytes) {
  Transcript::current().sent(name_, bytes);
  if (tls_) {
    if (!tls_->send(bytes)) Transcript::current().note("the peer takes no more");
    return;
  }
  while (!bytes.empty()) {
    const auto sent = ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return Transcript::current().note("the peer takes no more");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string RtspClient::compose(std::string_view method, std::string_view url, const Headers& headers,
                                std::string_view body) {
  std::string text;
  text.append(method).append(" ").append(url).append(" RTSP/1.0\r\nCSeq: ").append(std::to_string(++cseq_));
  for (const auto& [name, value] : headers) text.append("\r\n").append(name).append(": ").append(value);
  if (!body.empty()) text.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n\r\n").append(body);
}

void RtspClient::send_request(std::string_view method, std::string_view url, const Headers& headers,
                              std::string_view body) {
  send(compose(method, url, headers, body));
}

Answer RtspClient::request(std::string_view method, std::string_view url, const Headers& headers,
                           std::string_view body) {
  send_request(method, url, headers, body);
  return answer();
}

bool RtspClient::fill(Clock::time_point deadline) {
  if (eof_) return false;
  if (!(tls_ && tls_->has_pending()) && !wait_readable(socket_.fd(), deadline)) return false;
  char bytes[65536];
  const auto got = tls_ ? tls_->receive(bytes, sizeof bytes) : ::recv(socket_.fd(), bytes, sizeof bytes, 0);
  if (tls_ && got < 0) return Clock::now() < deadline;
  if (got <= 0) {
    eof_ = true;
    Transcript::current().note(name_ + (got == 0 ? " closed by the server" : " reset by the server"));
    return false;
  }
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

std::optional<Event> RtspClient::parse() {
  if (buffer_.empty()) return std::nullopt;
  if (buffer_[0] != '$') {
    auto whole = parse_answer();
    return whole ? std::optional<Event>(std::move(*whole)) : std::nullopt;
  }
  if (buffer_.size() < 4) return std::nullopt;
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(buffer_[at]); };
  const std::size_t size = byte(2) * 256u + byte(3);
  if (buffer_.size() < 4 + size) return std::nullopt;
  Frame frame{byte(1), buffer_.substr(4, size)};
  buffer_.erase(0, 4 + size);
  return frame;
}

std::optional<Answer> RtspClient::parse_answer() {
  const auto end = buffer_.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  const std::string head = buffer_.substr(0, end + 2);
  Answer answer;
  std::size_t at = head.find("\r\n");
  const auto line = std::string_view(head).substr(0, at);
  const auto space = line.find(' ');
  if (!(line.starts_with("RTSP/") || line.starts_with("HTTP/")) || space == std::string_view::npos) {
    throw std::runtime_error("neither an answer nor a frame: " + printable(buffer_, 200));
  }
  answer.version = line.substr(0, space);
  std::from_chars(line.data() + space + 1, line.data() + line.size(), answer.status);
  answer.reason = line.size() > space + 5 ? line.substr(space + 5) : "";
  for (at += 2; at < head.size();) {
    const auto stop = head.find("\r\n", at);
    const auto field = std::string_view(head).substr(at, stop - at);
    const auto colon = std::min(field.find(':'), field.size() - 1);
    answer.headers.emplace_back(field.substr(0, colon), trimmed(field.substr(colon + 1)));
    at = stop + 2;
  }
  std::size_t size = 0;
  const auto length = answer.header("Content-Length");
  std::from_chars(length.data(), length.data() + length.size(), size);
  if (buffer_.size() < end + 4 + size) return std::nullopt;
  answer.body = buffer_.substr(end + 4, size);
  Transcript::current().received(name_, std::string_view(buffer_).substr(0, end + 4 + size));
  buffer_.erase(0, end + 4 + size);
  return answer;
}

Event RtspClient::next(milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    if (auto event = parse()) return std::move(*event);
    if (!fill(deadline)) {
      if (eof_) return Closed{};
      return Late{};
    }
  }
}

Answer RtspClient::answer(milliseconds timeout) {
  for (const auto deadline = Clock::now() + timeout;;) {
    auto event = next(std::chrono::ceil<milliseconds>(deadline - Clock::now()));
    if (auto* answer = std::get_if<Answer>(&event)) return std::move(*answer);
    if (auto* frame = std::get_if<Frame>(&event)) {
      passed_.push_back(std::move(*frame));
      if (Clock::now() < deadline) continue;
    }
    if (std::holds_alternative<Closed>(event)) return {};
    Transcript::current().note(name_ + " no answer in time");
    return {};
  }
}

std::optional<Frame> RtspClient::frame(milliseconds timeout) {
  auto event = next(timeout);
  if (auto* frame = std::get_if<Frame>(&event)) return std::move(*frame);
  return std::nullopt;
}

bool RtspClient::closes(milliseconds timeout) {
  for (const auto deadline = Clock::now() + timeout; Clock::now() < deadline;) {
    const auto event = next(std::chrono::ceil<milliseconds>(deadline - Clock::now()));
    if (std::holds_alternative<Closed>(event)) return true;
  }
  Transcript::current().note(name_ + " stays open");
  return false;
}

void RtspClient::disconnect(bool reset) {
  const linger abort{1, 0};
  if (reset) ::setsockopt(socket_.fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  socket_.reset();
  eof_ = true;
}

}  // namespace lectern::test
