#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/base/result.h"
#include "protocol/payload/packetizer.h"

struct AVStream;

namespace lectern::media {

/// How a stream of a file is carried in RTP: what its media description in the SDP says, and how its units
/// are cut.
struct TrackFormat {
  std::string media;     ///< "video" or "audio"
  std::string encoding;  ///< the name in a=rtpmap, such as "H264"
  std::uint32_t clock_rate = 0;
  unsigned channels = 0;  ///< 0 where rtpmap names none (video, and audio with one channel may omit it)
  std::optional<std::uint8_t> static_payload_type;  ///< RFC 3551 table 4 and 5; dynamic where absent
  std::string fmtp;                                 ///< the parameters alone, without "a=fmtp:<pt> "
  std::vector<std::string> attributes;              ///< further attribute lines of the format, without "a="
  /// A fresh packetizer, for one segment: segments are cut independently of each other.
  std::function<Result<std::unique_ptr<payload::Packetizer>>()> make_packetizer;
};

/// Errc::unsupported with a message for the log where the stream has no RTP form.
Result<TrackFormat> track_format(const AVStream& stream, std::size_t max_payload);

}  // namespace lectern::media
