#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"

namespace lectern::rtsp {

enum class Profile : std::uint8_t {
  rtp_avp,   ///< RFC 3551
  rtp_savp,  ///< RFC 3711
  unsupported,
};
enum class LowerTransport : std::uint8_t { udp, tcp };
enum class Cast : std::uint8_t { unicast, multicast };
enum class TransportMode : std::uint8_t { play, record, unsupported };

/// RTP and RTCP: ports 0..65535, or interleaved channels 0..255; never descending. 0 as a port is kept, for
/// the server to answer 461.
struct PortPair {
  std::uint16_t rtp = 0;
  std::uint16_t rtcp = 0;
  bool operator==(const PortPair&) const = default;
};

/// One alternative of a Transport header.
struct TransportSpec {
  Profile profile = Profile::rtp_avp;
  std::string profile_name;  ///< as it came, where the profile is unsupported; its parameters are not read
  LowerTransport lower = LowerTransport::udp;
  std::optional<Cast> cast;  ///< the RFC's default is multicast; players that leave it out mean unicast
  std::optional<PortPair> interleaved;
  std::optional<PortPair> client_port;
  std::optional<PortPair> server_port;
  std::optional<PortPair> port;            ///< of a multicast group
  std::optional<std::string> destination;  ///< may be empty: the parameter without a value
  std::optional<std::string> source;
  std::optional<std::uint8_t> ttl;
  std::optional<std::uint32_t> layers;
  std::optional<std::uint32_t> ssrc;
  std::optional<TransportMode> mode;
  bool append = false;

  [[nodiscard]] bool supported() const { return profile != Profile::unsupported; }
  bool operator==(const TransportSpec&) const = default;
};

/// The alternatives in the order of the client's preference, at least one. A profile that is not known gives
/// an unsupported alternative; a parameter that is not known is passed over. Errc::invalid for an empty
/// header, an empty alternative, a malformed value. RFC 2326 section 12.39.
Result<std::vector<TransportSpec>> parse_transport(std::string_view text);
std::string serialize(const TransportSpec& spec);

}  // namespace lectern::rtsp
