#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.h"

namespace lectern::media {

/// Tells of which tracks the packets that came end within a picture. The last packet of a picture has the
/// marker: RFC 3551 section 4.1 asks it of every payload format of video.
class UnfinishedPictures {
 public:
  /// `sdp`: one payload type an m=, none of them twice (Announcement::inner_sdp).
  explicit UnfinishedPictures(std::string_view sdp);

  /// An RTP or RTCP packet, as it came.
  void see(Bytes packet);
  /// Whether the track of that m=, counted from 0, is video and lacks the end of its last picture.
  [[nodiscard]] bool contains(std::size_t track) const;

 private:
  std::vector<std::optional<std::uint8_t>> payload_types_;  // by m=; nullopt: no video
  std::bitset<128> unfinished_;                             // by payload type
};

}  // namespace lectern::media
