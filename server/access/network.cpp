#include "server/access/network.h"

#include <algorithm>

#include "protocol/base/text.h"
#include "server/log/escape.h"

namespace lectern::server {
namespace {

unsigned bits_of(Endpoint::Family family) {
  return family == Endpoint::Family::v4 ? 32 : 128;
}

bool same_bits(const Endpoint& a, const Endpoint& b, unsigned first, unsigned last) {
  for (unsigned bit = first; bit < last; ++bit) {
    const unsigned mask = 0x80u >> bit % 8;
    if ((a.octets()[bit / 8] & mask) != (b.octets()[bit / 8] & mask)) return false;
  }
  return true;
}

bool holds(const std::vector<Network>& networks, const Endpoint& peer) {
  return std::ranges::any_of(networks, [&](const Network& network) { return network.contains(peer); });
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  const Error wrong = invalid('"' + escape(text, 80) +
                              "\" is not a network (write 10.0.0.0/8, 192.168.1.7 or 2001:db8::/32)");
  const auto halves = split_once(text, '/');
  const std::string_view host = halves ? halves->first : text;
  const auto address = Endpoint::parse_host(host);
  if (!address || host.find_first_of("%[") != host.npos) return wrong;
  Network network;
  network.address_ = *address;
  const unsigned most = bits_of(address->family());
  network.prefix_ = most;
  if (halves) {
    const auto prefix = parse_number<unsigned>(halves->second);
    // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
    const unsigned before = most == 32 && host.find(':') != host.npos ? 96 : 0;
    if (!prefix || *prefix < before || *prefix - before > most) return wrong;
    network.prefix_ = *prefix - before;
  }
  if (!same_bits(*address, Endpoint::any(address->family()), network.prefix_, most))
    return invalid('"' + escape(text, 80) + "\" is not a network: bits behind the prefix are set");
  return network;
}

bool Network::contains(const Endpoint& endpoint) const {
  return endpoint.family() == address_.family() && same_bits(endpoint, address_, 0, prefix_);
}

std::uint64_t Network::size() const {
  return std::uint64_t{1} << std::min(63u, bits_of(address_.family()) - prefix_);
}

Endpoint Network::at(std::uint64_t index) const {
  auto octets = address_.octets();
  for (std::size_t i = bits_of(address_.family()) / 8; i-- > 0 && index > 0; index >>= 8)
    octets[i] = static_cast<std::uint8_t>(octets[i] | (index & 0xff));
  return Endpoint::of_octets(address_.family(), octets);
}

bool AddressRules::admits(const Endpoint& peer) const {
  return !holds(deny, peer) && (allow.empty() || holds(allow, peer));
}

}  // namespace lectern::server
