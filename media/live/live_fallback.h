#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "media/live/fallback.h"
#include "media/segment.h"

namespace lectern::media {

class Live;

/// Shows the viewers of a Live something while its source is away, on a thread of its own: on the track that
/// the anchor's pictures are of, in the same RTP stream, until the source's next random access point.
class LiveFallback final : private SourceHost {
 public:
  LiveFallback(Live& live, Fallback sources);
  /// Waits for what it shows; the Live is closed by then.
  ~LiveFallback() override;
  LiveFallback(const LiveFallback&) = delete;
  LiveFallback& operator=(const LiveFallback&) = delete;

  /// For who holds the Live's `feeding_`.
  [[nodiscard]] bool showing() const { return showing_; }
  /// The source is back, or is another one.
  void end() { showing_ = false; }

 private:
  [[nodiscard]] bool stopping() const override;
  bool sleep_until(std::int64_t monotonic_us) override;
  [[nodiscard]] std::size_t max_payload() const override;
  void begin(TrackSelection selection, const std::string& title) override;
  void take(LiveUnit unit) override;

  void run();
  std::optional<FallbackWanted> wait_until_wanted();
  void show(const FallbackWanted& wanted);
  void hide();
  bool adopt(TrackSelection selection);
  [[nodiscard]] bool closed_or_unwatched() const;

  Live& live_;
  const Fallback sources_;

  // Of its thread alone.
  std::string refused_;  ///< why the source that runs cannot be shown
  bool begun_ = false, wanted_no_more_ = false;
  std::string told_;                   ///< the last reason that was logged
  std::chrono::milliseconds rest_{0};  ///< before the next try
  std::uint8_t track_ = 0;             ///< of the source that is shown
  std::vector<Track> tracks_;
  Packetizers packetizers_;
  std::optional<MediaTime> offset_;

  std::atomic<bool> showing_ = false;  ///< changed with the Live's `feeding_` held

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lectern::media
