#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/socket.h"

namespace lectern::test {

/// A small HTTP server on 127.0.0.1: one request a connection, one connection after the other.
class HttpServer {
 public:
  /// The status for the body of a POST, called on the server's thread; 0 closes without an answer.
  using Answer = std::function<int(const std::string& body)>;

  explicit HttpServer(Answer answer);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::string url() const;
  /// The bodies of all requests so far.
  [[nodiscard]] std::vector<std::string> bodies() const;

 private:
  void run();
  void serve(const Socket& connection);

  Answer answer_;
  Socket listener_;
  mutable std::mutex mutex_;
  std::vector<std::string> bodies_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace lectern::test
