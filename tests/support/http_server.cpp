#include "tests/support/http_server.h"

#include <cstdlib>
#include <stdexcept>

namespace lectern::test {

HttpServer::HttpServer(Answer answer)
    : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto address = Address::of("127.0.0.1", 0);
  if (::bind(listener_.fd(), address.raw(), address.size) != 0 || ::listen(listener_.fd(), 64) != 0)
    throw std::runtime_error("cannot listen on 127.0.0.1");
  thread_ = std::thread([this] { run(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  thread_.join();
}

std::string HttpServer::url() const {
  return "http://127.0.0.1:" + std::to_string(local_port(listener_)) + "/auth";
}

std::vector<std::string> HttpServer::bodies() const {
  const std::lock_guard lock(mutex_);
  return bodies_;
}

void HttpServer::run() {
  while (!stopping_) {
    if (!wait_readable(listener_.fd(), Clock::now() + milliseconds(20))) continue;
    serve(Socket(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC)));
  }
}

void HttpServer::serve(const Socket& connection) {
  std::string text;
  const auto deadline = Clock::now() + milliseconds(5000);
  for (;;) {
    const auto head = text.find("\r\n\r\n");
    const auto length = text.find("Content-Length: ");
    if (head != std::string::npos && length != std::string::npos) {
      const auto size = std::strtoul(text.c_str() + length + 16, nullptr, 10);
      if (text.size() >= head + 4 + size) {
        text.erase(0, head + 4);
        break;
      }
    }
    char bytes[4096];
    if (!wait_readable(connection.fd(), deadline)) return;
    const auto got = ::recv(connection.fd(), bytes, sizeof bytes, 0);
    if (got <= 0) return;
    text.append(bytes, static_cast<std::size_t>(got));
  }
  {
    const std::lock_guard lock(mutex_);
    bodies_.push_back(text);
  }
  const int status = answer_(text);
  if (status == 0) return;
  const std::string answer =
      "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  ::send(connection.fd(), answer.data(), answer.size(), MSG_NOSIGNAL);
}

}  // namespace lectern::test
