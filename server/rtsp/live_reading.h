#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "media/live/live_cursor.h"
#include "server/rtsp/play_terms.h"
#include "server/rtsp/playback_clock.h"
#include "server/rtsp/session_track.h"

namespace lectern::server {

/// What a session does otherwise for live media: it goes by the clock of the source, skips what it is too
/// slow for, and may send streams that all viewers share.
class LiveReading {
 public:
  using Tracks = std::vector<std::unique_ptr<SessionTrack>>;

  /// `cursor` outlives it; `origin_us`: CLOCK_MONOTONIC at media time 0.
  LiveReading(media::LiveCursor& cursor, std::int64_t origin_us) : cursor_(cursor), origin_us_(origin_us) {}

  /// Before the first start: tells the cursor which rollover counters the player knows, where all its streams
  /// are shared.
  void tell_rollovers(const Tracks& tracks, std::size_t of_all);
  /// A play begins: what the clock is to go by, whatever is late. `wall_us` is now, at `now_us`.
  [[nodiscard]] PlaybackClock::Play begin(const media::ReadStart& start, std::int64_t now_us,
                                          std::int64_t wall_us, media::MediaTime lead);
  /// The wall clock when the unit that the play began with was captured, by the newest that is known.
  [[nodiscard]] std::int64_t wall_of_begin() const { return cursor_.newest_piece().wall_origin_us + due_; }

  /// No random access point has come since the place where it stands.
  [[nodiscard]] bool at_present() const { return cursor_.at_present(); }
  /// Whether something was skipped since the last look: what was begun of a train is void.
  bool has_skipped();
  [[nodiscard]] const media::LiveLag& lag() const { return cursor_.lag(); }

  /// The packets of the next train as all viewers get them; nullptr where they are not shared.
  [[nodiscard]] const media::SharedPackets* shared() const { return cursor_.piece().shared.get(); }
  /// The reports that belong before them, once each.
  void send_reports(const Tracks& tracks);
  /// Whether the player missed so much of a shared stream that it would guess another rollover counter.
  [[nodiscard]] bool is_beyond_rollover(const Tracks& tracks) const;
  /// What of a shared stream comes first; absent where that has not come yet.
  [[nodiscard]] std::optional<media::SharedStart> first_of(const SessionTrack& track) const;
  /// The same for RTP-Info; `position` is what Range answers.
  [[nodiscard]] PlayBegun::Stream describe(const SessionTrack& track, media::MediaTime position) const;

 private:
  media::LiveCursor& cursor_;
  const std::int64_t origin_us_;
  media::MediaTime due_ = 0;  ///< of the unit that the current play began with
  std::uint64_t skips_ = 0;
  std::uint64_t report_ = 0;  ///< the number of the shared reports that were sent last
};

}  // namespace lectern::server
