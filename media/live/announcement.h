#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/base/result.h"
#include "protocol/sdp/description.h"

namespace lectern::media {

/// A track that a publisher announces: one m= of its SDP.
struct AnnouncedTrack {
  std::string control;            ///< a=control; "track1", "track2" … where there is none
  std::uint8_t payload_type = 0;  ///< of its packets
  std::uint32_t clock_rate = 0;   ///< Hz
  bool served = false;            ///< sound or pictures; what else is sent comes to nothing
  /// What its packets have instead on their way to the demuxer, which tells tracks apart by it, and RTCP too.
  std::uint8_t inner_payload_type = 0;
  std::uint32_t inner_ssrc = 0;
};

/// What a publisher is about to send (RFC 2326 section 10.3).
struct Announcement {
  std::vector<AnnouncedTrack> tracks;  ///< in the order of the SDP
  std::string inner_sdp;               ///< of the served tracks, for libavformat
};

constexpr std::size_t max_announced_tracks = 16;

/// Errc::invalid, with the reason for the person at the publisher, for media that is no RTP, a payload type
/// that nothing explains, a clock rate of 0, two tracks of one control; Errc::too_large over a limit;
/// Errc::unsupported where nothing of it could be served.
Result<Announcement> read_announcement(const sdp::SessionDescription& description);

}  // namespace lectern::media
