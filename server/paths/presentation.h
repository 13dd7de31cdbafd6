#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "media/cursor.h"
#include "media/track.h"
#include "protocol/sdp/description.h"

namespace lectern::media {
class Live;
class LiveFeed;
class SharedStreams;
}  // namespace lectern::media

namespace lectern::server {

class MulticastGroup;

/// Where a presentation is read: one loop.
class ReaderHost {
 public:
  using Post = std::function<void(std::function<void()>)>;

  virtual ~ReaderHost() = default;
  /// Runs a function on the loop, from any thread.
  [[nodiscard]] virtual Post poster() = 0;
  /// The loop's one view of live media.
  virtual std::shared_ptr<media::LiveFeed> feed_of(const std::shared_ptr<media::Live>& live) = 0;
};

/// What a URL plays: a recording or live media, alike to a session (RFC 2326 section 1.3).
class Presentation {
 public:
  virtual ~Presentation() = default;
  [[nodiscard]] virtual const std::vector<media::Track>& tracks() const = 0;
  /// The track whose random access points reading begins with.
  [[nodiscard]] virtual std::size_t anchor() const = 0;
  /// Live media has no other place than the present, and plays at its own pace.
  [[nodiscard]] virtual bool live() const = 0;
  /// 0 where it is not known, and of live media.
  [[nodiscard]] virtual media::MediaTime duration() const = 0;
  /// When media time 0 was, in microseconds since the Unix epoch.
  [[nodiscard]] virtual std::int64_t recorded_at() const = 0;
  /// CLOCK_MONOTONIC in microseconds at media time 0 of live media.
  [[nodiscard]] virtual std::int64_t origin_us() const = 0;
  /// How long beginning to play may wait for the media; 0: as long as it takes.
  [[nodiscard]] virtual std::chrono::seconds start_timeout() const = 0;
  /// Bits a second of so many of its tracks at normal speed; 0 where that is not known.
  [[nodiscard]] virtual std::uint64_t bit_rate(media::TrackMask tracks) const = 0;
  /// The SRTP streams that all viewers share; nullptr where each has its own.
  [[nodiscard]] virtual std::shared_ptr<const media::SharedStreams> shared() const { return nullptr; }
  /// Where it is sent once for all who listen; nullptr where it is not.
  [[nodiscard]] virtual std::shared_ptr<const MulticastGroup> multicast() const { return nullptr; }
  [[nodiscard]] virtual sdp::SessionDescription describe() const = 0;
  /// A reader on the loop of `host`; `wake` is called there when it may be ready.
  [[nodiscard]] virtual std::shared_ptr<media::Cursor> open(ReaderHost& host,
                                                            std::function<void()> wake) const = 0;
};

}  // namespace lectern::server
