#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "server/rtsp/session_track.h"

namespace lectern::server {

/// What a player tells in RTCP about the streams of one session (RFC 3550 section 6.4).
class ReceivedReports {
 public:
  /// A packet that came for `track`, one of `tracks`; SRTCP is taken off where there is any. `now_mid32`: the
  /// middle 32 bits of the wall clock's NTP time. The error, for the log, says why it was dropped and
  /// counted.
  Status take(Bytes packet, const SessionTrack& track, std::span<const std::unique_ptr<SessionTrack>> tracks,
              std::uint32_t now_mid32);

  /// Those that were no RTCP.
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }
  /// SRTCP that was not protected with the right key, or that was seen before.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  Status read(Bytes compound, std::span<const std::unique_ptr<SessionTrack>> tracks, std::uint32_t now_mid32);

  std::uint64_t malformed_ = 0, refused_ = 0;
};

}  // namespace lectern::server
