#pragma once

#include <cstdint>
#include <string>

#include "protocol/base/result.h"

struct AVCodecParameters;

namespace lectern::media {

/// What libavformat's SDP says of a codec.
struct RtpDescription {
  std::string encoding;  ///< empty where it gives no a=rtpmap, as for static payload types
  std::uint32_t clock_rate = 0;
  unsigned channels = 0;  ///< 0 where not told
  std::string fmtp;       ///< parameters separated by ";" without blanks; often empty
};

/// Errc::unsupported where libavformat has no SDP for the codec, or not for these parameters.
Result<RtpDescription> describe_for_rtp(const AVCodecParameters& parameters);

/// The attribute lines of an SDP with one medium, as av_sdp_create() writes it.
Result<RtpDescription> parse_rtp_description(std::string_view sdp);

}  // namespace lectern::media
