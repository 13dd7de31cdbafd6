#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/rtp_view.h"
#include "tests/support/scripted_camera.h"

namespace lectern::test {

/// A stretch of video from a random access point to another, as a player was told of it and got it: what a
/// ScriptedCamera sends.
struct RecordedVideo {
  /// Of the lecture, by a server of its own.
  static RecordedVideo of_lecture();

  std::string fmtp;                ///< of payload type 96
  std::vector<RtpPacket> packets;  ///< with the times that they had
  std::uint32_t length = 0;        ///< ticks
  /// A description of it alone, with track1; without fmtp where `fmtp_line` is empty.
  [[nodiscard]] std::string sdp(const std::string& fmtp_line) const;
  [[nodiscard]] std::string sdp() const { return sdp(fmtp); }
};

/// Sends it in real time, again and again. `change` is called before each packet with the ticks since the
/// beginning and sets its time; where it returns false that is the end. False where nobody listens any more.
bool play_recorded(CameraConnection& camera, const RecordedVideo& recorded,
                   const std::function<bool(RtpPacket& packet, std::uint32_t at)>& change);

}  // namespace lectern::test
