#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace lectern::server {

/// An IP address and a port. IPv4 addresses mapped into IPv6 (RFC 4291 section 2.5.5.2), as dual-stack
/// sockets give them, are IPv4 here, so that a peer has one name.
class Endpoint {
 public:
  enum class Family : std::uint8_t { v4, v6 };

  /// 0.0.0.0:0
  Endpoint() = default;
  static Endpoint any(Family family, std::uint16_t port = 0);
  static Endpoint loopback(Family family, std::uint16_t port = 0);

  /// "127.0.0.1:8554", "[::1]:8554", "[fe80::1%eth0]:8554"; without an address (":8554", "8554") every
  /// address of both families, "[::]:8554". Names are not resolved. Errc::invalid.
  static Result<Endpoint> parse(std::string_view text);
  /// An address without a port: "127.0.0.1", "::1", "[::1]". Errc::invalid.
  static Result<Endpoint> parse_host(std::string_view text, std::uint16_t port = 0);
  /// As octets() gives them.
  static Endpoint of_octets(Family family, const std::array<std::uint8_t, 16>& octets);
  static Endpoint from_sockaddr(const sockaddr_storage& address);

  /// For a socket of `socket_family`: IPv4 is mapped on an IPv6 socket. Gives the size; 0 for IPv6 on an IPv4
  /// socket, which cannot be.
  socklen_t to_sockaddr(sockaddr_storage& out, Family socket_family) const;

  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Endpoint with_port(std::uint16_t port) const;
  /// What limits count as one peer: the address, of IPv6 its /64, in which a host takes addresses at will.
  /// Without a port.
  [[nodiscard]] Endpoint network() const;
  [[nodiscard]] bool is_any() const;
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] bool is_multicast() const;
  [[nodiscard]] bool same_host(const Endpoint& other) const;

  /// "127.0.0.1", "::1"; as it stands in SDP.
  [[nodiscard]] std::string host() const;
  /// "127.0.0.1:8554", "[::1]:8554"
  [[nodiscard]] std::string to_string() const;
  /// The address in network order: 4 or 16 bytes at the front.
  [[nodiscard]] const std::array<std::uint8_t, 16>& octets() const { return octets_; }

  bool operator==(const Endpoint&) const = default;

 private:
  std::array<std::uint8_t, 16> octets_{};
  std::uint32_t scope_ = 0;  // interface of a link-local IPv6 address
  std::uint16_t port_ = 0;
  Family family_ = Family::v4;
};

}  // namespace lectern::server

template <>
struct std::hash<lectern::server::Endpoint> {
  std::size_t operator()(const lectern::server::Endpoint& endpoint) const noexcept;
};
