#include "tests/conformance/dialogue.h"

#include <sys/socket.h>

#include <functional>

#include "tests/support/player.h"
#include "tests/support/tunnel.h"

namespace lectern::test {

Line request(std::string_view method, std::string_view path, const Headers& headers, int status,
             const std::string& body) {
  Line line;
  line.status = status;
  line.text.append(method).append(" {url}").append(path).append(" RTSP/1.0\r\nCSeq: {cseq}");
  for (const auto& [name, value] : headers) line.text.append("\r\n").append(name).append(": ").append(value);
  if (!body.empty()) line.text.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  line.text.append("\r\n\r\n").append(body);
  return line;
}

Line in_tunnel(Line line) {
  line.way = Line::Way::post;
  return line;
}

Line frame(std::uint8_t channel, const std::string& data) {
  const std::string head{'$', static_cast<char>(channel), static_cast<char>(data.size() >> 8),
                         static_cast<char>(data.size() & 0xff)};
  return {head + data, 0};
}

Talk::Talk(const ServerProcess& server, const Dialogue& dialogue, const std::string& source)
    : server_(server), dialogue_(dialogue), source_(source) {}

std::string Talk::value_of(std::string_view variable) {
  if (variable == "url") return server_.url("");
  if (variable == "cseq") return std::to_string(++cseq_);
  if (variable == "session") return session_;
  if (variable == "cookie") return cookie_.empty() ? cookie_ = Tunnel::next_cookie() : cookie_;
  if (variable == "place") return std::to_string(std::hash<std::string>()(source_) % places);
  if (variable == "ports") {
    if (!ports_) ports_.emplace(source_);
    return ports_->ports();
  }
  if (variable.starts_with("digest ")) {
    const auto blank = variable.find(' ', 7);
    const auto method = variable.substr(7, blank - 7);
    const auto url = server_.url(variable.substr(blank + 1));
    return digest_authorization({"alice", "sesame street"}, challenge_.value_or(ChallengeText{}), method,
                                url);
  }
  throw std::runtime_error("no such variable: " + std::string(variable));
}

std::string Talk::filled(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto open = std::min(text.find('{', at), text.size());
    out += text.substr(at, open - at);
    if (open == text.size()) break;
    const auto close = text.find('}', open);
    out += value_of(std::string_view(text).substr(open + 1, close - open - 1));
    at = close + 1;
  }
  return out;
}

RtspClient& Talk::connection_of(Line::Way way) {
  auto& connection = way == Line::Way::get                                   ? get_
                     : way == Line::Way::post || way == Line::Way::post_head ? post_
                                                                             : main_;
  if (!connection) connection.emplace(server_.host(), server_.port(), source_);
  return *connection;
}

RtspClient& Talk::answering(Line::Way way) {
  return connection_of(way == Line::Way::post ? Line::Way::get : way);
}

void Talk::learn(const Answer& answer) {
  if (answer.has("Session")) session_ = answer.session();
  if (const auto port = parameter(answer.header("Transport"), "server_port"); !port.empty())
    server_rtcp_ = static_cast<std::uint16_t>(std::stoi(port) + 1);
  for (const auto& challenge : challenges_of(answer))
    if (challenge.algorithm == "MD5") challenge_ = challenge;
}

bool Talk::go_on() {
  say(filled(line().text), true);
  const auto [text, status, way] = line();
  ++position_;
  if (status == 0) return true;
  const auto answer = answering(way).answer(milliseconds(15'000));
  learn(answer);
  return answer.status == status;
}

std::vector<std::string> Talk::rest() {
  std::vector<std::string> texts;
  for (std::size_t i = position_; i < dialogue_.lines.size() && dialogue_.lines[i].way == line().way; ++i)
    texts.push_back(filled(dialogue_.lines[i].text));
  return texts;
}

void Talk::say(const std::string& bytes, bool plain) {
  const auto way = line().way;
  if (way == Line::Way::rtcp) {
    const auto to = Address::of(server_.host(), server_rtcp_);
    const auto size = std::min<std::size_t>(bytes.size(), 65'507);
    ::sendto(ports_->rtcp_fd(), bytes.data(), size, 0, to.raw(), to.size);
    return;
  }
  connection_of(way).send(way == Line::Way::post && plain ? base64_of(bytes) : bytes);
}

std::string Talk::read_back(std::map<int, int>& statuses) {
  try {
    for (auto* connection : {&main_, &get_, &post_}) {
      while (*connection) {
        const auto event = (*connection)->next(milliseconds(0));
        if (std::holds_alternative<Late>(event)) break;
        if (std::holds_alternative<Closed>(event)) {
          over_ = true;
          break;
        }
        const auto* answer = std::get_if<Answer>(&event);
        if (!answer) continue;
        learn(*answer);
        ++statuses[answer->status];
        const bool own_fault = answer->status == 500 || answer->status == 502 || answer->status == 504;
        if (own_fault || answer->status < 200 || answer->status > 599)
          return "answered " + std::to_string(answer->status) + " " + answer->reason;
      }
    }
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace lectern::test
