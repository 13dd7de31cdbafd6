#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"

namespace lectern::rtsp {

/// One stream of RTP-Info: the first packet it sends after this PLAY.
struct RtpInfo {
  std::string url;  ///< ',' and ';' in it percent-encoded
  std::optional<std::uint16_t> seq;
  std::optional<std::uint32_t> rtptime;
  bool operator==(const RtpInfo&) const = default;
};

/// RFC 2326 section 12.33. Parameters that are not known are passed over; a ',' separates only where "url="
/// follows, as live555 lets commas stand in its URLs. Errc::invalid for an entry without url and for
/// malformed numbers.
Result<std::vector<RtpInfo>> parse_rtp_info(std::string_view text);
std::string serialize(const std::vector<RtpInfo>& streams);

}  // namespace lectern::rtsp
