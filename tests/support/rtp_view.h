#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::test {

/// Sequence and time stamp as on the wire. RFC 3550 5.1.
struct RtpPacket {
  std::uint8_t payload_type = 0;
  bool marker = false;
  std::uint16_t seq = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::string payload;
};

/// nullopt: not a well-formed version 2 packet.
std::optional<RtpPacket> parse_rtp(std::string_view bytes);

struct SenderReport {
  std::uint64_t ntp = 0;  ///< 32.32 fixed point seconds since 1900
  std::uint32_t rtp_time = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
};

/// One compound RTCP packet. RFC 3550 6.1.
struct RtcpPacket {
  std::uint32_t ssrc = 0;  ///< of the report it begins with
  std::optional<SenderReport> report;
  std::string cname;
  bool bye = false;
};

/// nullopt: not a well-formed compound that begins with SR or RR.
std::optional<RtcpPacket> parse_rtcp(std::string_view bytes);

/// RR without report blocks and SDES CNAME, as a player sends it. RFC 3550 6.4.2, 6.5.
std::string receiver_report(std::uint32_t ssrc);
/// RR, SDES and BYE. RFC 3550 6.6.
std::string receiver_bye(std::uint32_t ssrc);

/// Seconds since 1970 of a 32.32 NTP time.
double unix_seconds(std::uint64_t ntp);

/// The NAL unit types in an H.264 payload: of FU-A the one it carries, of STAP-A all. RFC 6184 5.2.
std::vector<int> h264_types(std::string_view payload);

}  // namespace lectern::test
