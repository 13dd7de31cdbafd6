#include <array>

#include "tests/fuzz/target.h"

namespace lectern::fuzz {

std::span<const std::span<const Target>> all_targets() {
  static const std::array lists{message_targets(), rtsp_header_targets(), sdp_targets(),  auth_targets(),
                                rtp_targets(),     srtp_targets(),        base_targets(), video_targets(),
                                audio_targets(),   codec_targets()};
  return lists;
}

}  // namespace lectern::fuzz
