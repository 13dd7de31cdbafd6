#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/net/address.h"

namespace lectern::server {

/// A block of IP addresses (RFC 4632, RFC 4291 section 2.3).
class Network {
 public:
  /// "10.0.0.0/8", "2001:db8::/32"; an address alone is itself. Errc::invalid, also where bits behind the
  /// prefix are set, as one of the two is then a slip.
  static Result<Network> parse(std::string_view text);

  [[nodiscard]] bool contains(const Endpoint& endpoint) const;

  /// How many addresses it has; of more than 2^63 so many.
  [[nodiscard]] std::uint64_t size() const;
  /// One of them, counted from its beginning.
  [[nodiscard]] Endpoint at(std::uint64_t index) const;
  [[nodiscard]] const Endpoint& first() const { return address_; }
  [[nodiscard]] unsigned prefix() const { return prefix_; }

  bool operator==(const Network&) const = default;

 private:
  Endpoint address_;
  unsigned prefix_ = 0;
};

/// Who may come by address: nobody of `deny`, and where there is an `allow`, only its addresses.
struct AddressRules {
  std::vector<Network> allow, deny;

  [[nodiscard]] bool admits(const Endpoint& peer) const;
  bool operator==(const AddressRules&) const = default;
};

}  // namespace lectern::server
