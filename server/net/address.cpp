#include "server/net/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "protocol/base/text.h"

namespace lectern::server {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Error not_an_address(std::string_view text) {
  return invalid("not an IP address: \"" + std::string(text) + "\"");
}

}  // namespace

Endpoint Endpoint::any(Family family, std::uint16_t port) {
  Endpoint endpoint;
  endpoint.family_ = family;
  endpoint.port_ = port;
  return endpoint;
}

Endpoint Endpoint::loopback(Family family, std::uint16_t port) {
  auto endpoint = any(family, port);
  if (family == Family::v4) {
    endpoint.octets_[0] = 127;
    endpoint.octets_[3] = 1;
  } else {
    endpoint.octets_[15] = 1;
  }
  return endpoint;
}

Endpoint Endpoint::of_octets(Family family, const std::array<std::uint8_t, 16>& octets) {
  auto endpoint = any(family);
  endpoint.octets_ = octets;
  return endpoint;
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto port_text = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const auto host = colon == std::string_view::npos ? std::string_view() : text.substr(0, colon);
  const auto port = parse_number<std::uint16_t>(port_text);
  if (!port) return invalid("not an address with a port: \"" + std::string(text) + "\"");
  if (host.empty()) return any(Family::v6, *port);
  // "::1:8554" would be an address itself: brackets are a must (RFC 3986 section 3.2.2).
  if (host.front() != '[' && host.find(':') != std::string_view::npos) return not_an_address(host);
  return parse_host(host, *port);
}

Result<Endpoint> Endpoint::parse_host(std::string_view text, std::uint16_t port) {
  auto host = text;
  const bool brackets = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);

  const auto zone = host.find('%');
  const std::string address(host.substr(0, zone));
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  // inet_pton would stop at a zero byte and take what stands before it.
  if (address.find('\0') != std::string::npos) return not_an_address(text);
  if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    if (zone != std::string_view::npos) {
      v6.sin6_scope_id = ::if_nametoindex(std::string(host.substr(zone + 1)).c_str());
      if (v6.sin6_scope_id == 0) return not_an_address(text);
    }
  } else if (!brackets && zone == std::string_view::npos &&
             ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
  } else {
    return not_an_address(text);
  }
  return from_sockaddr(storage).with_port(port);
}

Endpoint Endpoint::from_sockaddr(const sockaddr_storage& address) {
  Endpoint endpoint;
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    std::memcpy(endpoint.octets_.data(), &v4.sin_addr, 4);
    endpoint.port_ = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    const auto* octets = v6.sin6_addr.s6_addr;
    if (std::equal(kMapped.begin(), kMapped.end(), octets)) {
      std::copy_n(octets + kMapped.size(), 4, endpoint.octets_.begin());
    } else {
      endpoint.family_ = Family::v6;
      std::copy_n(octets, 16, endpoint.octets_.begin());
      endpoint.scope_ = v6.sin6_scope_id;
    }
    endpoint.port_ = ntohs(v6.sin6_port);
  }
  return endpoint;
}

socklen_t Endpoint::to_sockaddr(sockaddr_storage& out, Family socket_family) const {
  if (socket_family == Family::v4) {
    if (family_ == Family::v6) return 0;
    auto& v4 = reinterpret_cast<sockaddr_in&>(out);
    v4 = {};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port_);
    std::memcpy(&v4.sin_addr, octets_.data(), 4);
    return sizeof v4;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port_);
  v6.sin6_scope_id = scope_;
  if (family_ == Family::v6) {
    std::ranges::copy(octets_, v6.sin6_addr.s6_addr);
  } else {
    std::ranges::copy(kMapped, v6.sin6_addr.s6_addr);
    std::copy_n(octets_.begin(), 4, v6.sin6_addr.s6_addr + kMapped.size());
  }
  return sizeof v6;
}

Endpoint Endpoint::with_port(std::uint16_t port) const {
  auto copy = *this;
  copy.port_ = port;
  return copy;
}

Endpoint Endpoint::network() const {
  auto copy = with_port(0);
  if (family_ == Family::v6) std::fill(copy.octets_.begin() + 8, copy.octets_.end(), std::uint8_t{0});
  return copy;
}

bool Endpoint::is_any() const {
  return same_host(any(family_));
}

bool Endpoint::is_loopback() const {
  return family_ == Family::v4 ? octets_[0] == 127 : same_host(loopback(Family::v6));
}

bool Endpoint::is_multicast() const {
  return family_ == Family::v4 ? (octets_[0] & 0xf0) == 0xe0 : octets_[0] == 0xff;
}

bool Endpoint::same_host(const Endpoint& other) const {
  return with_port(0) == other.with_port(0);
}

std::string Endpoint::host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family_ == Family::v4 ? AF_INET : AF_INET6, octets_.data(), text.data(), text.size());
  return text.data();
}

std::string Endpoint::to_string() const {
  const auto port = ":" + std::to_string(port_);
  return family_ == Family::v4 ? host() + port : "[" + host() + "]" + port;
}

}  // namespace lectern::server

std::size_t std::hash<lectern::server::Endpoint>::operator()(
    const lectern::server::Endpoint& endpoint) const noexcept {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), endpoint.octets().data(), sizeof words);
  // Fibonacci hashing: ports and hosts of one network differ in few bits.
  const auto mixed =
      (words[0] ^ (words[1] * 31) ^ (std::uint64_t{endpoint.port()} << 40)) * 0x9e3779b97f4a7c15U;
  return static_cast<std::size_t>(mixed ^ (mixed >> 32));
}
