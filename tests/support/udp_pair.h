#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/socket.h"

namespace lectern::test {

struct Datagram {
  std::string data;
  Address from;
};

/// A player's RTP (even) and RTCP (odd, the next) ports.
class UdpPair {
 public:
  explicit UdpPair(const std::string& host = "127.0.0.1");

  std::uint16_t port() const { return port_; }
  /// `client_port=` of the Transport header: "5000-5001".
  std::string ports() const { return std::to_string(port_) + "-" + std::to_string(port_ + 1); }
  std::optional<Datagram> rtp(milliseconds timeout = milliseconds(2000)) { return receive(rtp_, timeout); }
  std::optional<Datagram> rtcp(milliseconds timeout = milliseconds(2000)) { return receive(rtcp_, timeout); }
  void send_rtp(std::uint16_t server_port, std::string_view bytes) { send(rtp_, server_port, bytes); }
  void send_rtcp(std::uint16_t server_port, std::string_view bytes) { send(rtcp_, server_port, bytes); }
  /// Forgets what has arrived.
  void drain();
  int rtp_fd() const { return rtp_.fd(); }
  int rtcp_fd() const { return rtcp_.fd(); }

 private:
  std::optional<Datagram> receive(const Socket& socket, milliseconds timeout);
  void send(const Socket& socket, std::uint16_t port, std::string_view bytes);

  std::string host_;
  std::uint16_t port_ = 0;
  Socket rtp_;
  Socket rtcp_;
};

}  // namespace lectern::test
