#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "media/track.h"
#include "media/unit.h"

namespace lectern::media {

/// An access unit of a live source.
struct LiveUnit {
  Unit unit;  ///< times on a line of the source's own, which may begin anywhere
  /// When the unit was captured, in microseconds since the Unix epoch, where the source knows.
  std::optional<std::int64_t> captured_us;
};

/// What a running source talks to. For the source's thread only.
class SourceHost {
 public:
  virtual ~SourceHost() = default;
  /// Nobody wants the source any more: it is to return from run() soon. Cheap; also for FFmpeg's interrupt
  /// callback.
  [[nodiscard]] virtual bool stopping() const = 0;
  /// Sleeps until `monotonic_us` (CLOCK_MONOTONIC); false where the source is to return.
  virtual bool sleep_until(std::int64_t monotonic_us) = 0;
  /// Bytes of RTP payload in a packet at most.
  [[nodiscard]] virtual std::size_t max_payload() const = 0;
  /// What the units will be of. Once, before the first.
  virtual void begin(TrackSelection selection, const std::string& title) = 0;
  /// An access unit, as soon as it is there; each track in decoding order.
  virtual void take(LiveUnit unit) = 0;
};

/// Where live media comes from: a camera, a file in a loop, a test pattern. Runs on a thread of its own,
/// where it may block.
class Source {
 public:
  virtual ~Source() = default;
  /// Connects and gives units until it fails or is to stop; tells why it ended. Called again to reconnect.
  virtual Error run(SourceHost& host) = 0;
  /// For the log, without passwords.
  [[nodiscard]] virtual std::string name() const = 0;
  /// What is done at first, for the log.
  [[nodiscard]] virtual std::string beginning() const { return "connecting to " + name(); }
};

}  // namespace lectern::media
