#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/socket.h"

namespace lectern::test {

/// Stands between clients and a server on 127.0.0.1, and may change what the clients say.
class TcpRelay {
 public:
  /// `change` gets what has arrived from a client at once, and gives what the server gets.
  using Change = std::function<std::string(std::string)>;

  TcpRelay(std::uint16_t server_port, Change change);
  ~TcpRelay();
  TcpRelay(const TcpRelay&) = delete;
  TcpRelay& operator=(const TcpRelay&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void run();
  void relay(Socket client) const;

  const std::uint16_t server_port_;
  const Change change_;
  Socket listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> relaying_;
  std::thread thread_;
};

}  // namespace lectern::test
